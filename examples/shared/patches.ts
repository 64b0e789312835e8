/**
 * Identities for recognition: places in photographs. Each view of a place is turned, scaled, moved, lighted and noised at
 * random, as a face is by pose, distance and light, so that the network has to find what stays.
 */

import { type NdArray, SampleRandom } from "prewitt/data";

/** Height and width of a view in pixels. */
export const VIEW = 32;

/** A square place in a photograph: its centre and side in pixels. */
export interface Place {
  readonly photograph: NdArray<Uint8Array>;
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** Least standard deviation of brightness: an even piece of sky has no identity. */
const TEXTURE = 22;

/** `count` places that overlap by less than half and show some texture. Throws `Error` when the photographs hold fewer. */
export function findPlaces(photographs: readonly NdArray<Uint8Array>[], count: number, seed: number): Place[] {
  const random = new SampleRandom(seed, 0, 0);
  const places: Place[] = [];
  for (let tries = 0; places.length < count; tries++) {
    if (tries > 400 * count) throw new Error(`The photographs hold ${places.length} places, not ${count}.`);
    const photograph = photographs[random.integer(0, photographs.length)] as NdArray<Uint8Array>;
    const [, h, w] = photograph.shape as readonly [number, number, number];
    const side = 26 + 14 * random.uniform();
    // Turned and scaled views reach further than the side.
    const reach = side * 0.85;
    const [x, y] = [reach + random.uniform() * (w - 2 * reach), reach + random.uniform() * (h - 2 * reach)];
    const taken = places.some(
      (p) => p.photograph === photograph && Math.max(Math.abs(p.x - x), Math.abs(p.y - y)) < side / 2,
    );
    if (!taken && textureAt(photograph, x, y, side) >= TEXTURE) places.push({ photograph, x, y, side });
  }
  return places;
}

function textureAt({ data, shape }: NdArray<Uint8Array>, x: number, y: number, side: number): number {
  const [, h, w] = shape as readonly [number, number, number];
  let [n, sum, squares] = [0, 0, 0];
  for (let row = Math.ceil(y - side / 2); row < y + side / 2; row++) {
    for (let column = Math.ceil(x - side / 2); column < x + side / 2; column++) {
      const at = row * w + column;
      const value = ((data[at] as number) + (data[h * w + at] as number) + (data[2 * h * w + at] as number)) / 3;
      n++;
      sum += value;
      squares += value * value;
    }
  }
  return Math.sqrt(squares / n - (sum / n) ** 2);
}

/** A random view of a place, uint8 [3, 32, 32]; `hard` is 0 for the place as it is and 1 for the full range of changes. */
export function viewOf({ photograph, x, y, side }: Place, random: SampleRandom, hard = 1): NdArray<Uint8Array> {
  const [, h, w] = photograph.shape as readonly [number, number, number];
  const between = (bound: number): number => hard * bound * (2 * random.uniform() - 1);
  const angle = (between(25) * Math.PI) / 180;
  const scale = (side / VIEW) * (1 + between(0.18));
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  const [cx, cy] = [x + between(3.5), y + between(3.5)];
  const [contrast, shift, noise] = [1 + between(0.35), between(35), hard * 10 * random.uniform()];
  const tints = [between(15), between(15), between(15)];
  const out = new Uint8ClampedArray(3 * VIEW * VIEW);
  for (let v = 0; v < VIEW; v++) {
    for (let u = 0; u < VIEW; u++) {
      const [px, py] = [u - (VIEW - 1) / 2, v - (VIEW - 1) / 2];
      const sx = Math.min(w - 1.001, Math.max(0, cx + cos * px - sin * py));
      const sy = Math.min(h - 1.001, Math.max(0, cy + sin * px + cos * py));
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - left, sy - top];
      // The difference of two even numbers is close enough to normal noise.
      const grain = noise * (random.uniform() - random.uniform());
      for (let c = 0; c < 3; c++) {
        const at = (c * h + top) * w + left;
        const d = photograph.data;
        const upper = (d[at] as number) * (1 - fx) + (d[at + 1] as number) * fx;
        const lower = (d[at + w] as number) * (1 - fx) + (d[at + w + 1] as number) * fx;
        const value = upper * (1 - fy) + lower * fy;
        out[(c * VIEW + v) * VIEW + u] = 128 + contrast * (value - 128) + shift + (tints[c] as number) + grain;
      }
    }
  }
  return { data: new Uint8Array(out.buffer), shape: [3, VIEW, VIEW] };
}
