/**
 * Threefry-2x32 with 20 rounds: a counter-based generator. The same key and counter give the same 64 bits everywhere,
 * so streams need no state, no order and no skipping.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; rotations
 * and key parity as in the authors' Random123 1.x.
 */

const PARITY = 0x1bd11bda;

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** Writes the two words of the block, as int32, to `target[at]` and `target[at + 1]`. */
export function threefryInto(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  target: Int32Array,
  at: number,
): void {
  const key2 = PARITY ^ key0 ^ key1;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let group = 0; group < 5; group++) {
    const even = (group & 1) === 0;
    x = (x + y) | 0;
    y = rotate(y, even ? 13 : 17) ^ x;
    x = (x + y) | 0;
    y = rotate(y, even ? 15 : 29) ^ x;
    x = (x + y) | 0;
    y = rotate(y, even ? 26 : 16) ^ x;
    x = (x + y) | 0;
    y = rotate(y, even ? 6 : 24) ^ x;
    const next = (group + 1) % 3;
    x = (x + (next === 0 ? key0 : next === 1 ? key1 : key2)) | 0;
    y = (y + (next === 0 ? key1 : next === 1 ? key2 : key0) + group + 1) | 0;
  }
  target[at] = x;
  target[at + 1] = y;
}

/**
 * The two 32-bit words that belong to a key and a counter, as unsigned integers.
 *
 * @example const [a, b] = threefry2x32(seed, stream, i, 0);
 */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const words = new Int32Array(2);
  threefryInto(key0, key1, counter0, counter1, words, 0);
  return [words[0]! >>> 0, words[1]! >>> 0];
}
