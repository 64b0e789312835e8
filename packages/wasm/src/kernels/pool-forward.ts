/**
 * Bodies of max and average pooling for four planes.
 *
 * Maximum: the first in row-major order; NaN beats everything, and the first NaN stays. float32 takes a short cut: maximum
 * instructions that ignore NaN, and a sum of all taps that is NaN where one of them is; such groups (and those of ∞ − ∞)
 * are done again by the rules. Average: the sum in float64, divided, rounded once.
 */

import { byteSize, type DType, isFloat } from "@prewitt/core";
import { f32x4, f64, f64x2, i32, i32x4, type Local, v128 } from "../assembler/index.ts";
import type { Emitter, Index, Vector } from "./emitter.ts";
import { binary, compare } from "./lane-arithmetic.ts";
import { place, readLanes } from "./lane-memory.ts";
import { cast, constant, type Lanes, lanesOf, mapParts, masksFor, named, partCount } from "./lanes.ts";
import type { PlaneGroup, PoolCode } from "./pool-code.ts";
import type { Tap, Window, WindowBody } from "./pool-windows.ts";

/** The maximum so far and its position. */
interface Best {
  readonly value: readonly Local<"v128">[];
  readonly at: Local<"v128">;
}

/** Lanes where `v` is the new maximum: greater, or NaN while the maximum is not. */
function beats(e: Emitter, v: Lanes, best: Lanes): Vector {
  if (!isFloat(v.dtype)) return compare(e, "gt", v, best);
  return v128.andnot(compare(e, "eq", best, best), compare(e, "le", v, best));
}

function takeWhere(e: Emitter, best: Best, mask: Vector, v: Lanes, at: Vector): void {
  const wins = e.let(mask);
  masksFor(wins, v.dtype).forEach((m, i) => {
    e.f.set(best.value[i]!, v128.bitselect(v.parts[i]!, best.value[i]!, m));
  });
  e.f.set(best.at, v128.bitselect(at, best.at, wins));
}

/** The maximum of a window of padding alone. */
const leastOf = (dtype: DType): number =>
  isFloat(dtype) ? Number.NEGATIVE_INFINITY : dtype === "int32" ? -2147483648 : 0;

/** Reads the tap `offset` bytes from the group. */
function readTap({ e, plan }: PoolCode, group: PlaneGroup, offset: number | Local<"i32">): Lanes {
  const x = plan.reads[0]!;
  if (typeof offset === "number") return named(e, group.read(x, offset));
  const pointer = e.let(i32.add(group.at(x), offset));
  return named(e, readLanes(e, x.dtype, place(pointer), x.plane / byteSize(x.dtype), group.lanes));
}

/** By the rules, for any dtype. */
function maximum(code: PoolCode, group: PlaneGroup, window: Window, best: Best): void {
  const { e } = code;
  const { dtype } = code.plan.reads[0]!;
  const value = lanesOf(dtype, ...best.value);
  constant(e, leastOf(dtype), dtype).parts.forEach((part, i) => {
    e.f.set(best.value[i]!, part);
  });
  e.f.set(best.at, e.i32(-1));
  const visit = (offset: number | Local<"i32">, at: Vector, isFirst: boolean | undefined): void => {
    const v = readTap(code, group, offset);
    const better = isFirst === true ? e.i32(-1) : beats(e, v, value);
    // Position −1: nothing was taken yet.
    const first = isFirst === undefined ? v128.or(better, i32x4.eq(best.at, e.i32(-1))) : better;
    takeWhere(e, best, first, v, at);
  };
  if (window.taps === undefined) {
    window.each((offset, at) => visit(e.variable(offset), i32x4.splat(at), undefined));
    return;
  }
  window.taps.forEach((tap, t) => {
    e.scope(() => visit(tap.offset, e.let(i32x4.add(window.origin, e.i32(tap.position))), t === 0));
  });
}

/** The same for float32 without NaN. */
function quickMaximum(code: PoolCode, group: PlaneGroup, window: Window, taps: readonly Tap[], best: Best): void {
  const { e, plan } = code;
  const [value] = best.value as [Local<"v128">];
  const choose = plan.relaxed ? i32x4.relaxedLaneselect : v128.bitselect;
  const sum = e.local("v128");
  taps.forEach((tap, t) => {
    const [v] = readTap(code, group, tap.offset).parts as [Vector];
    const at = e.i32(tap.position);
    e.f.set(best.at, t === 0 ? at : choose(at, best.at, f32x4.gt(v, value)));
    e.f.set(value, t === 0 ? v : f32x4.pmax(value, v));
    e.f.set(sum, t === 0 ? v : f32x4.add(sum, v));
  });
  e.f.set(best.at, i32x4.add(best.at, window.origin));
  e.f.if(v128.anyTrue(f32x4.ne(sum, sum)), () => maximum(code, group, window, best));
}

export const maxBody: WindowBody = (code, group, window) => {
  const { e, plan } = code;
  const { dtype } = plan.reads[0]!;
  const best: Best = {
    value: Array.from({ length: partCount(dtype) }, () => e.local("v128")),
    at: e.local("v128"),
  };
  const { taps } = window;
  if (dtype === "float32" && taps !== undefined && taps.length > 0) quickMaximum(code, group, window, taps, best);
  else maximum(code, group, window, best);
  const [y, index] = plan.writes;
  group.write(y!, lanesOf(dtype, ...best.value));
  if (index !== undefined) group.write(index, lanesOf("int32", best.at));
};

/** Division by a count: by a power of two it is a multiplication, with the same bits. */
function quotient(e: Emitter, count: Index): (part: Vector) => Vector {
  const known = count.constant;
  if (known !== undefined && Number.isInteger(Math.log2(known))) return (part) => f64x2.mul(part, e.f64(1 / known));
  const divisor = known !== undefined ? e.f64(known) : e.let(f64x2.splat(f64.convertI32S(count)));
  return (part) => f64x2.div(part, divisor);
}

export const averageBody: WindowBody = (code, group, window) => {
  const { e, plan } = code;
  const { dtype } = plan.writes[0]!;
  const sum = constant(e, 0, "float64").parts.map((part) => e.variable(part));
  const add = (offset: number | Local<"i32">): void => {
    const v = cast(e, readTap(code, group, offset), "float64");
    binary(e, "add", lanesOf("float64", ...sum), v).parts.forEach((part, i) => {
      e.f.set(sum[i]!, part);
    });
  };
  if (window.taps === undefined) window.each((offset) => add(e.variable(offset)));
  else for (const tap of window.taps) e.scope(() => add(tap.offset));
  const mean = mapParts("float64", [lanesOf("float64", ...sum)], quotient(e, window.divisor));
  group.write(plan.writes[0]!, named(e, cast(e, named(e, mean), dtype)));
};
