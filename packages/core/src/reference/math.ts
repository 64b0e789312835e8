/**
 * Functions of one or two numbers that JavaScript's `Math` lacks or defines otherwise. All work in float64; the caller
 * rounds. Integer functions take and give int32.
 */

export { erf } from "./erf.ts";

/** 1 / (1 + e⁻ˣ) without overflow: for negative x, eˣ / (1 + eˣ), which keeps the relative accuracy of small results. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** Nearest integer; halves go to the even one. */
export function roundEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  // Not finite: the rest is NaN.
  if (!(rest >= 0)) return x;
  if (rest < 0.5 || (rest === 0.5 && down % 2 === 0)) return down;
  // Only a negative x rounds up to zero; the result keeps its sign.
  return down === -1 ? -0 : down + 1;
}

/** IEEE 754 pow, where JavaScript's differs: 1 to any power and −1 to an infinite power are 1. */
export function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && (y === Number.POSITIVE_INFINITY || y === Number.NEGATIVE_INFINITY))) return 1;
  return x ** y;
}

/** Truncates toward zero and saturates; NaN gives 0. */
export function toInt32(x: number): number {
  if (x >= 2147483647) return 2147483647;
  if (x <= -2147483648) return -2147483648;
  return x | 0;
}

/** Truncates toward zero and saturates to 0 … 255; NaN gives 0. */
export function toUint8(x: number): number {
  if (x >= 255) return 255;
  return x > 0 ? x | 0 : 0;
}

/** Quotient truncated toward zero; 0 where the divisor is 0. The smallest integer over −1 wraps to itself. */
export function divideInt(a: number, b: number): number {
  return (a / b) | 0;
}

/** a to the power b, wrapped; negative powers truncate toward zero, so all but those of ±1 give 0. */
export function powInt(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? ((b & 1) === 0 ? 1 : -1) : 0;
  let result = 1;
  let square = a;
  for (let rest = b; rest > 0; rest >>>= 1) {
    if ((rest & 1) === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}
