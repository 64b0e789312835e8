/**
 * Random numbers for tests: the same for the same key, on every machine and in every order of tests.
 *
 * A 32-bit state started from an FNV-1a hash of the key and stepped by mulberry32 (T. Ettinger, 2017): good enough to
 * pick test values, small enough to read.
 */

/** Draws uniform numbers in [0, 1). */
export type Random = () => number;

/** A generator that depends on `key` alone. */
export function randomFrom(key: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) state = Math.imul(state ^ key.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `length` numbers, uniform in [low, high). */
export function uniformValues(random: Random, length: number, low: number, high: number): Float64Array {
  return Float64Array.from({ length }, () => low + (high - low) * random());
}
