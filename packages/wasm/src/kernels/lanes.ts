/**
 * Four neighbouring values of one dtype, the unit that all elementwise code works on. Every operation acts lane by lane
 * and there is no other code for single elements, so the bits of a result do not depend on where it lies.
 *
 *   float32, int32   one vector
 *   float64          two vectors: lanes 0–1, lanes 2–3
 *   uint8            one vector of int32 in 0 … 255
 *   bool             one vector of masks, 0 or −1
 */

import type { DType } from "@prewitt/core";
import { f32x4, f64x2, i32x4, shuffle32, v128 } from "../assembler/index.ts";
import type { Emitter, Vector } from "./emitter.ts";

export interface Lanes {
  readonly dtype: DType;
  readonly parts: readonly Vector[];
}

export function lanesOf(dtype: DType, ...parts: Vector[]): Lanes {
  return { dtype, parts };
}

export const partCount = (dtype: DType): 1 | 2 => (dtype === "float64" ? 2 : 1);

/** The value under names, so that it may be used again. */
export function named(e: Emitter, value: Lanes): Lanes {
  return { dtype: value.dtype, parts: value.parts.map((part) => e.let(part)) };
}

/** Applies a function of vectors to each part. */
export function mapParts(dtype: DType, values: readonly Lanes[], apply: (...parts: Vector[]) => Vector): Lanes {
  const count = values[0]!.parts.length;
  return { dtype, parts: Array.from({ length: count }, (_, i) => apply(...values.map((v) => v.parts[i]!))) };
}

/** A constant as a cast to int32 or uint8 gives it: truncated, within the range, 0 for NaN. */
export function wholeConstant(value: number, dtype: "int32" | "uint8"): number {
  const [low, high] = dtype === "int32" ? [-2147483648, 2147483647] : [0, 255];
  return Math.max(low, Math.min(high, Math.trunc(value) || 0));
}

/** The constant in all lanes, brought into the dtype as a cast would. */
export function constant(e: Emitter, value: number, dtype: DType): Lanes {
  switch (dtype) {
    case "float32":
      return lanesOf(dtype, e.f32(value));
    case "float64":
      return lanesOf(dtype, e.f64(value), e.f64(value));
    case "int32":
    case "uint8":
      return lanesOf(dtype, e.i32(wholeConstant(value, dtype)));
    case "bool":
      return lanesOf(dtype, e.i32(value !== 0 ? -1 : 0));
  }
}

/** Two masks of 64-bit lanes as one of 32-bit lanes. */
export const narrowMask = (low: Vector, high: Vector): Vector => shuffle32(low, high, [0, 2, 4, 6]);

/** A mask of 32-bit lanes for each part of a value of `dtype`; the mask must be named. */
export function masksFor(mask: Vector, dtype: DType): Vector[] {
  if (dtype !== "float64") return [mask];
  return [shuffle32(mask, mask, [0, 0, 1, 1]), shuffle32(mask, mask, [2, 2, 3, 3])];
}

/** Lanes where the value is not 0 (NaN is not), as a mask. */
export function maskOf(e: Emitter, value: Lanes): Vector {
  const [low, high] = value.parts as [Vector, Vector];
  switch (value.dtype) {
    case "bool":
      return low;
    case "float32":
      return f32x4.ne(low, e.f32(0));
    case "float64":
      return narrowMask(f64x2.ne(low, e.f64(0)), f64x2.ne(high, e.f64(0)));
    default:
      return i32x4.ne(low, e.i32(0));
  }
}

/** Lanes of `a` where the mask has ones, of `b` elsewhere. */
export function select(e: Emitter, mask: Vector, a: Lanes, b: Lanes): Lanes {
  const masks = masksFor(a.dtype === "float64" ? e.let(mask) : mask, a.dtype);
  return { dtype: a.dtype, parts: a.parts.map((part, i) => v128.bitselect(part, b.parts[i]!, masks[i]!)) };
}

/** bool as int32 0 or 1; other integers as they are. */
function asInt(e: Emitter, value: Lanes): Vector {
  const [part] = value.parts as [Vector];
  return value.dtype === "bool" ? v128.and(part, e.i32(1)) : part;
}

function toFloat64(e: Emitter, value: Lanes): Lanes {
  if (value.dtype === "float32") {
    const x = e.let(value.parts[0]!);
    return lanesOf("float64", f64x2.promoteLowF32x4(x), f64x2.promoteLowF32x4(shuffle32(x, x, [2, 3, 2, 3])));
  }
  const x = e.let(asInt(e, value));
  return lanesOf("float64", f64x2.convertLowI32x4S(x), f64x2.convertLowI32x4S(shuffle32(x, x, [2, 3, 2, 3])));
}

function toFloat32(e: Emitter, value: Lanes): Lanes {
  const [low, high] = value.parts as [Vector, Vector];
  switch (value.dtype) {
    case "float64":
      return lanesOf("float32", shuffle32(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), [0, 1, 4, 5]));
    case "bool":
      return lanesOf("float32", v128.and(low, e.f32(1)));
    default:
      return lanesOf("float32", f32x4.convertI32x4S(low));
  }
}

/** Truncates toward zero and saturates; NaN gives 0. */
function toInt32(e: Emitter, value: Lanes): Lanes {
  const [low, high] = value.parts as [Vector, Vector];
  switch (value.dtype) {
    case "float32":
      return lanesOf("int32", i32x4.truncSatF32x4S(low));
    case "float64":
      return lanesOf("int32", shuffle32(i32x4.truncSatF64x2SZero(low), i32x4.truncSatF64x2SZero(high), [0, 1, 4, 5]));
    default:
      return lanesOf("int32", asInt(e, value));
  }
}

/** The value in another dtype, as `cast` of scalar expressions defines it. */
export function cast(e: Emitter, value: Lanes, dtype: DType): Lanes {
  if (value.dtype === dtype) return value;
  switch (dtype) {
    case "float32":
      return toFloat32(e, value);
    case "float64":
      return toFloat64(e, value);
    case "int32":
      return toInt32(e, value);
    case "uint8": {
      const [whole] = toInt32(e, value).parts as [Vector];
      if (value.dtype === "bool") return lanesOf(dtype, whole);
      return lanesOf(dtype, i32x4.minS(i32x4.maxS(whole, e.i32(0)), e.i32(255)));
    }
    case "bool":
      return lanesOf(dtype, maskOf(e, value));
  }
}
