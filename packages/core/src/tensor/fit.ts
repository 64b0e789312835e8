/**
 * Whether a number can be an element of a dtype.
 */

import type { DType } from "./dtype.ts";

const ranges: Record<"int32" | "uint8" | "bool", readonly [low: number, high: number]> = {
  int32: [-2147483648, 2147483647],
  uint8: [0, 255],
  bool: [0, 1],
};

/** Why `value` cannot be stored as `dtype`, or `undefined` when it can. Rounding to the nearest float is no reason. */
export function misfitOf(value: number, dtype: DType): string | undefined {
  if (dtype === "float64") return undefined;
  if (dtype === "float32") {
    return Number.isFinite(value) && !Number.isFinite(Math.fround(value)) ? `${value} overflows float32` : undefined;
  }
  const [low, high] = ranges[dtype];
  if (!Number.isInteger(value)) return `${value} is not an integer`;
  return value < low || value > high ? `${value} lies outside ${low} … ${high}` : undefined;
}

/** The narrowest dtype that holds `value` without such a reason. */
export function dtypeFor(value: number): DType {
  for (const dtype of ["uint8", "int32", "float32"] as const) if (misfitOf(value, dtype) === undefined) return dtype;
  return "float64";
}
