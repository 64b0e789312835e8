/**
 * Comparing typed arrays: bit for bit, and by the largest difference.
 */

import type { TypedArray } from "@prewitt/core";

/** First element whose bits differ, or −1. NaN equals NaN whatever its payload; −0 and 0 differ. */
export function firstDifference(a: TypedArray, b: TypedArray): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

/** Throws when two arrays are not the same bits; `what` names them. */
export function expectSameBits(actual: TypedArray, expected: TypedArray, what: string): void {
  const at = firstDifference(actual, expected);
  if (at < 0) return;
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} elements, not ${expected.length}`);
  throw new Error(`${what}: element ${at} of ${actual.length} is ${actual[at]}, not ${expected[at]}`);
}

export interface Tolerance {
  /** Of the expected value. */
  readonly relative: number;
  /** Of the largest expected value. Default 0. */
  readonly ofLargest?: number | undefined;
  readonly absolute?: number | undefined;
}

/** Throws when an element is further from the expected one than the tolerance allows. NaN and infinities must agree. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  what: string,
): void {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} elements, not ${expected.length}`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++)
    if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i] as number));
  const floor = (tolerance.ofLargest ?? 0) * largest + (tolerance.absolute ?? 0);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const allowed = tolerance.relative * Math.abs(e) + floor;
    if (Math.abs(a - e) <= allowed && Number.isFinite(e)) continue;
    throw new Error(
      `${what}: element ${i} of ${expected.length} is ${a}, not ${e} (off by ${Math.abs(a - e).toExponential(2)}, ${allowed.toExponential(2)} is allowed)`,
    );
  }
}
