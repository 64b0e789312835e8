/**
 * Random textures of procedural pictures: smooth noise of any grain, and the noise of a sensor, on float planes in row-major
 * order.
 *
 * A sample's own random numbers (Threefry) choose what is in a picture; the thousands of draws for its pixels come from
 * xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003), seeded by one of them, which costs a tenth.
 */

import type { SampleRandom } from "prewitt/data";

/** The next of many 32-bit words. */
export type Words = () => number;

/** A stream of words that depends on the sample's random numbers. */
export function wordsOf(random: SampleRandom): Words {
  let state = random.integer(1, 2 ** 32) | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** About normal, mean 0 and standard deviation 1: the sum of a word's four bytes, which is never beyond ±3.5. */
export function normalOf(word: number): number {
  return ((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510) / 147.8;
}

export interface Plane {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

export function newPlane(width: number, height: number): Plane {
  return { data: new Float32Array(width * height), width, height };
}

/**
 * Adds smooth noise: independent values of ±`amplitude` on a grid of `cell` pixels at a random place, joined by uniform
 * cubic B-splines, one axis after the other.
 */
export function addSmoothNoise(plane: Plane, cell: number, amplitude: number, words: Words): void {
  const { data, width, height } = plane;
  const across = splines(width, cell, words);
  const down = splines(height, cell, words);
  const rows = new Float32Array(down.knots * width);
  const knots = new Float32Array(across.knots);
  for (let k = 0; k < down.knots; k++) {
    for (let i = 0; i < knots.length; i++) knots[i] = amplitude * (words() / 2 ** 31 - 1);
    for (let x = 0; x < width; x++) {
      const first = across.first[x] as number;
      let sum = 0;
      for (let t = 0; t < 4; t++) sum += (across.weights[4 * x + t] as number) * (knots[first + t] as number);
      rows[k * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    const [a, b, c, d] = down.weights.subarray(4 * y, 4 * y + 4) as unknown as [number, number, number, number];
    let from = (down.first[y] as number) * width;
    for (let at = y * width; at < (y + 1) * width; at++, from++) {
      data[at] =
        (data[at] as number) +
        a * (rows[from] as number) +
        b * (rows[from + width] as number) +
        c * (rows[from + 2 * width] as number) +
        d * (rows[from + 3 * width] as number);
    }
  }
}

/** For each pixel of an axis the first of its four knots, and the knots' weights. */
function splines(length: number, cell: number, words: Words) {
  const phase = words() / 2 ** 32;
  const first = new Int32Array(length);
  const weights = new Float32Array(4 * length);
  for (let i = 0; i < length; i++) {
    const at = phase + i / cell;
    const t = at - Math.floor(at);
    first[i] = Math.floor(at);
    weights[4 * i] = (1 - t) ** 3 / 6;
    weights[4 * i + 1] = (3 * t ** 3 - 6 * t ** 2 + 4) / 6;
    weights[4 * i + 2] = (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6;
    weights[4 * i + 3] = t ** 3 / 6;
  }
  return { first, weights, knots: (first[length - 1] as number) + 4 };
}

/** A number between two. */
export function between(random: SampleRandom, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** 0 up to `low`, 1 from `high` on, smooth in between. */
export function smoothstep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** A value of 0 … 1 as a byte. */
export function byteOf(value: number): number {
  return Math.max(0, Math.min(255, Math.round(255 * value)));
}
