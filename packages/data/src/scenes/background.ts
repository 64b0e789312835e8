/**
 * A square piece of a photograph as the background of a scene: a random window, mirrored half of the time, turned by a
 * random number of quarters, darker or lighter, with more or less contrast and a tint, so that a few photographs make many
 * backgrounds.
 */

import type { NdArray } from "../nd-array.ts";
import type { SampleRandom } from "../random.ts";

/** uint8 [3, size, size], planes of red, green and blue. The window is 0.35 … 1 of the photograph's smaller side. */
export function photographAt(photograph: NdArray<Uint8Array>, size: number, random: SampleRandom): Uint8Array {
  const [channels, h, w] = photograph.shape as readonly [number, number, number];
  const side = Math.min(h, w) * (0.35 + 0.65 * random.uniform());
  const [top, left] = [random.uniform() * (h - side), random.uniform() * (w - side)];
  const mirrored = random.chance(0.5);
  const quarters = random.integer(0, 4);
  const contrast = 0.5 + 0.6 * random.uniform();
  const shift = 60 * (2 * random.uniform() - 1);
  const tints = [0, 1, 2].map(() => 20 * (2 * random.uniform() - 1));
  const pixel = (from: number, k: number, extent: number): number =>
    Math.min(extent - 1, Math.floor(from + ((k + 0.5) * side) / size));
  // Offsets into a plane for each column and row of the scene; an odd number of quarters swaps what they walk along.
  const along = (k: number, across: boolean): number =>
    across !== (quarters % 2 === 1) ? pixel(left, k, w) : pixel(top, k, h) * w;
  const columns = Int32Array.from({ length: size }, (_, x) =>
    along(mirrored !== quarters > 1 ? size - 1 - x : x, true),
  );
  const rows = Int32Array.from({ length: size }, (_, y) =>
    along(quarters === 1 || quarters === 2 ? size - 1 - y : y, false),
  );
  const out = new Uint8Array(3 * size * size);
  const bright = new Uint8ClampedArray(256);
  const { data } = photograph;
  for (let c = 0; c < 3; c++) {
    for (let value = 0; value < 256; value++)
      bright[value] = 128 + contrast * (value - 128) + shift + (tints[c] as number);
    const plane = (channels === 3 ? c : 0) * h * w;
    for (let y = 0; y < size; y++) {
      const row = plane + (rows[y] as number);
      const to = (c * size + y) * size;
      for (let x = 0; x < size; x++) {
        out[to + x] = bright[data[row + (columns[x] as number)] as number] as number;
      }
    }
  }
  return out;
}
