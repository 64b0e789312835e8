/**
 * A square piece of a photograph as the background of a scene: a random window, mirrored half of the time, darker or
 * lighter, with more or less contrast and a tint, so that a few photographs make many backgrounds.
 */

import type { NdArray } from "../nd-array.ts";
import type { SampleRandom } from "../random.ts";

/** uint8 [3, size, size], planes of red, green and blue. The window is 0.6 … 1 of the photograph's smaller side. */
export function photographAt(photograph: NdArray<Uint8Array>, size: number, random: SampleRandom): Uint8Array {
  const [channels, h, w] = photograph.shape as readonly [number, number, number];
  const side = Math.min(h, w) * (0.6 + 0.4 * random.uniform());
  const [top, left] = [random.uniform() * (h - side), random.uniform() * (w - side)];
  const mirrored = random.chance(0.5);
  const contrast = 0.5 + 0.6 * random.uniform();
  const shift = 60 * (2 * random.uniform() - 1);
  const tints = [0, 1, 2].map(() => 20 * (2 * random.uniform() - 1));
  const columns = new Int32Array(size);
  for (let x = 0; x < size; x++) {
    const across = mirrored ? size - 1 - x : x;
    columns[x] = Math.min(w - 1, Math.floor(left + ((across + 0.5) * side) / size));
  }
  const out = new Uint8Array(3 * size * size);
  const bright = new Uint8ClampedArray(256);
  const { data } = photograph;
  for (let c = 0; c < 3; c++) {
    for (let value = 0; value < 256; value++)
      bright[value] = 128 + contrast * (value - 128) + shift + (tints[c] as number);
    const plane = (channels === 3 ? c : 0) * h * w;
    for (let y = 0; y < size; y++) {
      const row = plane + Math.min(h - 1, Math.floor(top + ((y + 0.5) * side) / size)) * w;
      const to = (c * size + y) * size;
      for (let x = 0; x < size; x++) {
        out[to + x] = bright[data[row + (columns[x] as number)] as number] as number;
      }
    }
  }
  return out;
}
