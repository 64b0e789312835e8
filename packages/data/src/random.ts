/**
 * Random numbers of the data path, made by Threefry from (seed, epoch, sample) alone: order of reading, prefetching and
 * resuming change nothing.
 *
 * Streams: key (seed, purpose) and counter (epoch, sample) give a sample's own key, whose counters are its draws.
 */

import { OptionError, threefry2x32 } from "@prewitt/core";

const SHUFFLE = 0x5aff1e;
const SAMPLE = 0x5a3b1e;

/** Two words as one number in [0, 1) with 53 bits. */
function unit(high: number, low: number): number {
  return ((high >>> 5) * 67108864 + (low >>> 6)) / 9007199254740992;
}

/** The key of a purpose; seeds beyond 32 bits use both words. */
function keyOf(seed: number, purpose: number): [number, number] {
  return [seed | 0, purpose ^ Math.floor(seed / 4294967296)];
}

/** Throws `OptionError` unless `seed` is an integer that a number holds exactly. */
export function checkSeed(op: string, seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new OptionError({
    op,
    summary: `seed ${seed} is not an integer of 0 or more`,
    fix: "pass for instance seed: 42",
  });
}

/** The order of `length` samples in one epoch: a Fisher–Yates shuffle, the same for the same seed and epoch. */
export function shuffledOrder(length: number, seed: number, epoch: number): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i);
  const [k0, k1] = keyOf(seed, SHUFFLE);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(unit(...threefry2x32(k0, k1, epoch, i)) * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** The random numbers of one sample in one epoch, for transforms. */
export class SampleRandom {
  readonly #key: readonly [number, number];
  #draws = 0;

  constructor(seed: number, epoch: number, index: number) {
    this.#key = threefry2x32(...keyOf(seed, SAMPLE), epoch, index);
  }

  /** A number in [0, 1). */
  uniform(): number {
    return unit(...threefry2x32(this.#key[0], this.#key[1], this.#draws++, 0));
  }

  /** An integer in [low, high), every one equally likely. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low));
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }
}
