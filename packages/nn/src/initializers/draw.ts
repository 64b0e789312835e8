/**
 * Random numbers for initial weights, drawn on the host.
 *
 * A stream is keyed by the session's seed and the parameter's path, so a layer's weights do not change when another
 * layer is added. Two elements come from each block of Threefry: 32 bits of uniform each, or a pair of normals by
 * G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", 1958.
 */

import { threefryInto } from "@prewitt/core";

const UNIT = 2 ** -32;

export interface Draw {
  /** `count` numbers, uniform in [low, high). */
  uniform(count: number, low: number, high: number): Float64Array;
  /** `count` numbers, normal. */
  normal(count: number, mean: number, standardDeviation: number): Float64Array;
}

/** The stream with the given key. */
export function drawFrom(key: readonly [number, number]): Draw {
  const words = new Int32Array(2);
  const pairs = (count: number, pair: (u: number, v: number, target: Float64Array, at: number) => void) => {
    const target = new Float64Array(count + (count & 1));
    for (let i = 0; i < count; i += 2) {
      threefryInto(key[0], key[1], i >>> 1, 0, words, 0);
      pair(words[0]! >>> 0, words[1]! >>> 0, target, i);
    }
    return target.subarray(0, count);
  };
  return {
    uniform: (count, low, high) => {
      const scale = (high - low) * UNIT;
      return pairs(count, (u, v, target, at) => {
        target[at] = low + u * scale;
        target[at + 1] = low + v * scale;
      });
    },
    normal: (count, mean, standardDeviation) =>
      pairs(count, (u, v, target, at) => {
        // u + 1 is never 0, so the logarithm is finite.
        const radius = standardDeviation * Math.sqrt(-2 * Math.log((u + 1) * UNIT));
        target[at] = mean + radius * Math.cos(2 * Math.PI * v * UNIT);
        target[at + 1] = mean + radius * Math.sin(2 * Math.PI * v * UNIT);
      }),
  };
}
