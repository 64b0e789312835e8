/**
 * Accumulators of `reduce`, on four lanes. What is kept while values come in:
 *
 *   sum, product       float64 for floats, int32 (wraps) for integers and bool
 *   min, max           the dtype itself; NaN wins
 *   argmin, argmax     the extreme so far and its int32 position: first NaN, else the first extreme
 *   moments            with d = x − shift, shift the first value: Σ d and Σ d² in float64, and the shift. The mean is
 *                      shift + Σ d / n, the squared deviations are Σ d² − (Σ d)² / n: one pass, and hardly any
 *                      cancellation, since the shift is near the mean as deviations go (Chan, Golub, LeVeque 1983).
 *
 * States of different lanes and chunks combine pairwise; the order is the caller's.
 */

import type { Accumulator, DType } from "@prewitt/core";
import { isFloat, ProgramError } from "@prewitt/core";
import { f64x2, type Local, shuffle32, v128 } from "../assembler/index.ts";
import type { Emitter, Vector } from "./emitter.ts";
import { binary, compare } from "./lane-arithmetic.ts";
import { cast, constant, type Lanes, lanesOf, mapParts, partCount, select } from "./lanes.ts";

/** One value of each slot. */
export type State = readonly Lanes[];

/** A state in locals that may be set. */
export type StateLocals = readonly { readonly dtype: DType; readonly parts: readonly Local<"v128">[] }[];

export interface AccumulatorCode {
  readonly slots: readonly DType[];
  readonly results: readonly DType[];
  /** The state before any value; `first` is the value at the first position, for accumulators that need it. */
  start(e: Emitter, first: Lanes | undefined): State;
  readonly needsFirst: boolean;
  readonly needsPosition: boolean;
  /** The state with a value taken in, whose position is greater than those before. */
  take(e: Emitter, state: State, value: Lanes, position: Lanes | undefined): State;
  /** A value that changes no state, for lanes that hold none. */
  neutral(e: Emitter, state: State): Lanes;
  /** The state of both; either may come first. */
  combine(e: Emitter, a: State, b: State): State;
  /** `count` is the number of values, as float64. */
  finish(e: Emitter, state: State, count: Vector): Lanes[];
}

/** Integers and bool as int32. */
const integral = (dtype: DType): DType => (isFloat(dtype) ? dtype : "int32");

/** int32 back in its dtype: uint8 wraps, bool is ≠ 0. */
function narrowed(e: Emitter, value: Lanes, dtype: DType): Lanes {
  if (dtype === "uint8") return lanesOf(dtype, v128.and(value.parts[0]!, e.i32(255)));
  return cast(e, value, dtype);
}

function total(op: "add" | "mul", dtype: DType): AccumulatorCode {
  const wide: DType = isFloat(dtype) ? "float64" : "int32";
  const start = (e: Emitter): Lanes => constant(e, op === "add" ? 0 : 1, wide);
  const join = (e: Emitter, a: Lanes, b: Lanes): Lanes => binary(e, op, a, b);
  return {
    slots: [wide],
    results: [dtype],
    needsFirst: false,
    needsPosition: false,
    start: (e) => [start(e)],
    take: (e, [sum], value) => [join(e, sum!, cast(e, value, wide))],
    neutral: (e) => constant(e, op === "add" ? 0 : 1, dtype),
    combine: (e, [a], [b]) => [join(e, a!, b!)],
    finish: (e, [sum]) => [narrowed(e, sum!, dtype)],
  };
}

/** The value that every other beats. */
function worst(e: Emitter, op: "min" | "max", dtype: DType): Lanes {
  if (isFloat(dtype)) return constant(e, op === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY, dtype);
  return constant(e, op === "min" ? 2147483647 : -2147483648, dtype);
}

/** As `worst`, but a value that the dtype has. */
function weakest(e: Emitter, op: "min" | "max", dtype: DType): Lanes {
  if (dtype === "uint8") return constant(e, op === "min" ? 255 : 0, dtype);
  if (dtype === "bool") return constant(e, op === "min" ? 1 : 0, dtype);
  return worst(e, op, dtype);
}

function extreme(op: "min" | "max", dtype: DType): AccumulatorCode {
  const wide = integral(dtype);
  return {
    slots: [wide],
    results: [dtype],
    needsFirst: false,
    needsPosition: false,
    start: (e) => [worst(e, op, wide)],
    take: (e, [best], value) => [binary(e, op, best!, cast(e, value, wide))],
    neutral: (e) => weakest(e, op, dtype),
    combine: (e, [a], [b]) => [binary(e, op, a!, b!)],
    finish: (e, [best]) => [narrowed(e, best!, dtype)],
  };
}

/** Lanes where x is NaN, as a mask. */
const isNaNMask = (e: Emitter, x: Lanes): Vector => compare(e, "ne", x, x);

/** Lanes where `b` beats `a`: is further out, or NaN while `a` is not. */
function beats(e: Emitter, op: "min" | "max", b: Lanes, a: Lanes): Vector {
  if (!isFloat(a.dtype)) return compare(e, op === "max" ? "gt" : "lt", b, a);
  // "not b ≤ a" is true for NaN.
  return v128.andnot(compare(e, "eq", a, a), compare(e, op === "max" ? "le" : "ge", b, a));
}

function position(op: "min" | "max", dtype: DType): AccumulatorCode {
  const wide = integral(dtype);
  const choose = (e: Emitter, mask: Vector, a: State, b: State): State => {
    const wins = e.let(mask);
    return [select(e, wins, b[0]!, a[0]!), select(e, wins, b[1]!, a[1]!)];
  };
  return {
    slots: [wide, "int32"],
    results: ["int32"],
    needsFirst: false,
    needsPosition: true,
    start: (e) => [worst(e, op, wide), constant(e, 0, "int32")],
    take: (e, state, value, at) => {
      const v = cast(e, value, wide);
      const held = { dtype: wide, parts: v.parts.map((p) => e.let(p)) };
      return choose(e, beats(e, op, held, state[0]!), state, [held, at!]);
    },
    neutral: (e) => weakest(e, op, dtype),
    combine: (e, a, b) => {
      const [x, y] = [a[0]!, b[0]!];
      const equal = compare(e, "eq", x, y);
      const tie = isFloat(wide) ? v128.or(equal, v128.and(isNaNMask(e, x), isNaNMask(e, y))) : equal;
      const earlier = v128.and(tie, compare(e, "lt", b[1]!, a[1]!));
      return choose(e, v128.or(beats(e, op, y, x), earlier), a, b);
    },
    finish: (_e, [, at]) => [at!],
  };
}

function moments(dtype: DType): AccumulatorCode {
  if (!isFloat(dtype)) throw new ProgramError(`there are no moments of ${dtype}`);
  const wide: DType = "float64";
  const each = (values: Lanes[], apply: (...parts: Vector[]) => Vector): Lanes => mapParts(wide, values, apply);
  return {
    slots: [wide, wide, wide],
    results: [dtype, dtype],
    needsFirst: true,
    needsPosition: false,
    start: (e, first) => {
      const x = cast(e, first!, wide);
      const shift = mapParts(wide, [{ ...x, parts: x.parts.map((p) => e.let(p)) }], (p) =>
        // A first value that is not finite would turn finite sums into NaN.
        v128.and(p, f64x2.lt(f64x2.abs(p), e.f64(Number.POSITIVE_INFINITY))),
      );
      return [constant(e, 0, wide), constant(e, 0, wide), shift];
    },
    take: (e, [sum, squares, shift], value) => {
      const x = cast(e, value, wide);
      const d = each([x, shift!], (p, s) => e.let(f64x2.sub(p, s)));
      return [
        each([sum!, d], (s, p) => f64x2.add(s, p)),
        each([squares!, d], (s, p) => f64x2.add(s, f64x2.mul(p, p))),
        shift!,
      ];
    },
    neutral: (e, [, , shift]) => cast(e, shift!, dtype),
    combine: (e, [sum, squares, shift], [otherSum, otherSquares]) => [
      binary(e, "add", sum!, otherSum!),
      binary(e, "add", squares!, otherSquares!),
      shift!,
    ],
    finish: (e, [sum, squares, shift], count) => {
      const mean = each([sum!], (s) => e.let(f64x2.div(s, count)));
      const deviations = each([squares!, sum!, mean], (q, s, m) =>
        // Rounding may leave a little less than 0.
        f64x2.max(f64x2.sub(q, f64x2.mul(s, m)), e.f64(0)),
      );
      return [cast(e, binary(e, "add", shift!, mean), dtype), cast(e, deviations, dtype)];
    },
  };
}

/** The code of an accumulator over values of `dtype`. */
export function accumulatorCode(kind: Accumulator["kind"], dtype: DType): AccumulatorCode {
  switch (kind) {
    case "sum":
      return total("add", dtype);
    case "product":
      return total("mul", dtype);
    case "min":
    case "max":
      return extreme(kind, dtype);
    case "argmin":
      return position("min", dtype);
    case "argmax":
      return position("max", dtype);
    case "moments":
      return moments(dtype);
  }
}

/** Lanes 2, 3, 0, 1, or 1, 0, 3, 2. */
function turned(value: Lanes, by: 1 | 2): Lanes {
  const { dtype, parts } = value;
  if (partCount(dtype) === 2) {
    if (by === 2) return lanesOf(dtype, parts[1]!, parts[0]!);
    return lanesOf(dtype, ...parts.map((p) => shuffle32(p, p, [2, 3, 0, 1])));
  }
  return lanesOf(dtype, shuffle32(parts[0]!, parts[0]!, by === 2 ? [2, 3, 0, 1] : [1, 0, 3, 2]));
}

/** Names all parts of a state. */
export function heldState(e: Emitter, state: State): State {
  return state.map(({ dtype, parts }) => ({ dtype, parts: parts.map((p) => e.let(p)) }));
}

/** All four lanes combined, in every lane: (0 with 2) with (1 with 3). */
export function mergeLanes(e: Emitter, code: AccumulatorCode, state: State): State {
  const halves = heldState(
    e,
    code.combine(
      e,
      state,
      state.map((s) => turned(s, 2)),
    ),
  );
  return heldState(
    e,
    code.combine(
      e,
      halves,
      halves.map((s) => turned(s, 1)),
    ),
  );
}

/** The first `lanes` lanes as a mask. */
export function laneMask(e: Emitter, lanes: number): Vector {
  return e.i32Lanes([0, 1, 2, 3].map((i) => (i < lanes ? -1 : 0)) as [number, number, number, number]);
}

export function stateLocals(e: Emitter, code: AccumulatorCode): StateLocals {
  return code.slots.map((dtype) => ({
    dtype,
    parts: Array.from({ length: partCount(dtype) }, () => e.local("v128")),
  }));
}

/** Sets the locals; parts that are already there are left alone. */
export function setState(e: Emitter, locals: StateLocals, state: State): void {
  // What several parts are made of was named when the state was made, so they may be set one by one.
  const fresh = state.map((s, i) => s.parts.map((p, k) => (p === locals[i]!.parts[k] ? undefined : p)));
  fresh.forEach((parts, i) => {
    parts.forEach((p, k) => {
      if (p !== undefined) e.f.set(locals[i]!.parts[k]!, p);
    });
  });
}
