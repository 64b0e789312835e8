/**
 * Keys of named random streams: the same seed and name give the same key, whatever other streams exist.
 *
 * The name is hashed to 64 bits, two FNV-1a runs with different bases (Fowler, Noll, Vo; the second base is the first
 * after one more octet), and enciphered with the seed as the key, so that near seeds and near names give unrelated keys.
 */

import { threefry2x32 } from "./threefry.ts";

const PRIME = 0x01000193;
const BASES = [0x811c9dc5, 0x050c5d1f] as const;

function hash(name: string, base: number): number {
  let h = base;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), PRIME);
    h = Math.imul(h ^ (unit >>> 8), PRIME);
  }
  return h >>> 0;
}

/**
 * The two words of the key of stream `name` under `seed`, a non-negative safe integer, as unsigned integers.
 *
 * @example const [k0, k1] = streamKey(42, "features.0.weight");
 */
export function streamKey(seed: number, name: string): [number, number] {
  return threefry2x32(seed | 0, Math.floor(seed / 4294967296), hash(name, BASES[0]), hash(name, BASES[1]));
}
