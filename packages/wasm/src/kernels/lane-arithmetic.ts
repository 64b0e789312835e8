/**
 * The instructions of scalar expressions on four lanes. Each result is rounded to its dtype: float32 and float64 by IEEE,
 * int32 wraps, uint8 modulo 256, bool ≠ 0. What SIMD lacks (integer division and powers, float64 functions, shifts by
 * a vector) goes lane by lane.
 */

import { type BinaryName, type DType, isFloat, ProgramError, type UnaryName } from "@prewitt/core";
import {
  type FunctionHandle,
  f32x4,
  f64x2,
  i32,
  i32x4,
  type ModuleBuilder,
  select as selectScalar,
  v128,
} from "../assembler/index.ts";
import type { Emitter, Vector } from "./emitter.ts";
import { type Lanes, lanesOf, mapParts, maskOf, named, narrowMask, wholeConstant } from "./lanes.ts";
import * as math32 from "./math-f32.ts";
import * as pow32 from "./math-f32-pow.ts";
import * as circular32 from "./math-f32-trigonometric.ts";
import * as math64 from "./math-f64.ts";
import * as pow64 from "./math-f64-pow.ts";
import * as circular64 from "./math-f64-trigonometric.ts";

type Unary = (e: Emitter, a: Lanes) => Lanes;
type Binary = (e: Emitter, a: Lanes, b: Lanes) => Lanes;

const SIGN64 = -0;

function noSuch(op: string, dtype: DType): ProgramError {
  return new ProgramError(`there is no ${op} of ${dtype}`);
}

// ——— float ———

/** The same instruction of f32x4 or f64x2 on each part. */
const float1 =
  (pick: (ops: typeof f32x4 | typeof f64x2) => (x: Vector) => Vector): Unary =>
  (_e, a) =>
    mapParts(a.dtype, [a], pick(a.dtype === "float64" ? f64x2 : f32x4));

const float2 =
  (pick: (ops: typeof f32x4 | typeof f64x2) => (x: Vector, y: Vector) => Vector): Binary =>
  (_e, a, b) =>
    mapParts(a.dtype, [a, b], pick(a.dtype === "float64" ? f64x2 : f32x4));

/** A function of one float: of vectors in float32, lane by lane in float64. */
const transcendental =
  (float32: (e: Emitter, x: Vector) => Vector, float64: math64.UnaryF64): Unary =>
  (e, a) => {
    if (a.dtype === "float32") return lanesOf("float32", float32(e, a.parts[0]!));
    const call = float64(e);
    return mapParts("float64", [named(e, a)], (x) => {
      const first = f64x2.splat(e.f.call(call, [f64x2.extract(x, 0)]));
      return f64x2.replace(first, 1, e.f.call(call, [f64x2.extract(x, 1)]));
    });
  };

const floatConstant = (e: Emitter, dtype: DType, value: number): Vector =>
  dtype === "float64" ? e.f64(value) : e.f32(value);

/** ±1 with the sign of x; ±0 and NaN as they are. */
const sign: Unary = (e, a) => {
  const ops = a.dtype === "float64" ? f64x2 : f32x4;
  const c = (value: number): Vector => floatConstant(e, a.dtype, value);
  return mapParts(a.dtype, [named(e, a)], (x) => {
    const one = v128.or(v128.and(x, a.dtype === "float64" ? e.f64(SIGN64) : e.f32(SIGN64)), c(1));
    return v128.bitselect(one, x, v128.or(ops.lt(x, c(0)), ops.gt(x, c(0))));
  });
};

/** Turns the sign bit: where vectors are joined, V8 13.6 computes `f64x2.neg` wrongly. */
const negate: Unary = (e, a) => mapParts(a.dtype, [a], (x) => v128.xor(x, floatConstant(e, a.dtype, -0)));

const reciprocal: Unary = (e, a) => {
  const ops = a.dtype === "float64" ? f64x2 : f32x4;
  return mapParts(a.dtype, [a], (x) => ops.div(floatConstant(e, a.dtype, 1), x));
};

const floatUnary: Partial<Record<UnaryName, Unary>> = {
  neg: negate,
  abs: float1((ops) => ops.abs),
  sqrt: float1((ops) => ops.sqrt),
  floor: float1((ops) => ops.floor),
  ceil: float1((ops) => ops.ceil),
  round: float1((ops) => ops.nearest),
  sign,
  reciprocal,
  exp: transcendental(math32.exp, math64.exp64),
  expm1: transcendental(math32.expm1, math64.expm164),
  log: transcendental(math32.log, math64.log64),
  log1p: transcendental(math32.log1p, math64.log1p64),
  tanh: transcendental(math32.tanh, math64.tanh64),
  sigmoid: transcendental(math32.sigmoid, math64.sigmoid64),
  erf: transcendental(math32.erf, math64.erf64),
  sin: transcendental(circular32.sin, circular64.sin64),
  cos: transcendental(circular32.cos, circular64.cos64),
};

const pow: Binary = (e, a, b) => {
  if (a.dtype === "float32") return lanesOf("float32", pow32.pow(e, a.parts[0]!, b.parts[0]!));
  const call = pow64.pow64(e);
  return mapParts("float64", [named(e, a), named(e, b)], (x, y) => {
    const lane = (i: number) => e.f.call(call, [f64x2.extract(x, i), f64x2.extract(y, i)]);
    return f64x2.replace(f64x2.splat(lane(0)), 1, lane(1));
  });
};

const floatBinary: Partial<Record<BinaryName, Binary>> = {
  add: float2((ops) => ops.add),
  sub: float2((ops) => ops.sub),
  mul: float2((ops) => ops.mul),
  div: float2((ops) => ops.div),
  min: float2((ops) => ops.min),
  max: float2((ops) => ops.max),
  pow,
};

/**
 * max(x, c) and min(x, c) in one or two instructions instead of about eight. pmax(x, c) is `x < c ? c : x`, which hands on
 * NaN; only where c and x are zeros of different sign does it differ, and adding +0 turns the −0 it leaves into +0.
 */
export function extremumWithConstant(e: Emitter, op: "min" | "max", x: Lanes, c: number): Lanes | undefined {
  if (!isFloat(x.dtype) || Number.isNaN(c)) return undefined;
  const ops = x.dtype === "float64" ? f64x2 : f32x4;
  const limit = floatConstant(e, x.dtype, c);
  if (op === "min") {
    if (Object.is(c, -0)) return undefined;
    return mapParts(x.dtype, [x], (part) => ops.pmin(part, limit));
  }
  if (Object.is(c, 0)) return mapParts(x.dtype, [x], (part) => ops.add(ops.pmax(part, limit), limit));
  return mapParts(x.dtype, [x], (part) => ops.pmax(part, limit));
}

// ——— integers: int32, and uint8 as int32 in 0 … 255 ———

/** The int32 result in the dtype: uint8 keeps its low byte. */
const wrapped = (e: Emitter, dtype: DType, value: Vector): Lanes =>
  lanesOf(dtype, dtype === "uint8" ? v128.and(value, e.i32(255)) : value);

const int1 =
  (apply: (e: Emitter, x: Vector) => Vector): Unary =>
  (e, a) =>
    wrapped(e, a.dtype, apply(e, a.parts[0]!));

const int2 =
  (apply: (x: Vector, y: Vector, e: Emitter) => Vector): Binary =>
  (e, a, b) =>
    wrapped(e, a.dtype, apply(a.parts[0]!, b.parts[0]!, e));

const same: Unary = (_e, a) => a;

const intUnary: Partial<Record<UnaryName, Unary>> = {
  neg: int1((_e, x) => i32x4.neg(x)),
  abs: int1((_e, x) => i32x4.abs(x)),
  sign: int1((e, x) => i32x4.maxS(i32x4.minS(x, e.i32(1)), e.i32(-1))),
  floor: same,
  ceil: same,
  round: same,
};

type IntHelper = (module: ModuleBuilder, e: Emitter) => FunctionHandle<"i32">;

const eachInt =
  (name: string, define: IntHelper): Binary =>
  (e, a, b) => {
    const call = e.helper(name, define);
    const [x, y] = [e.let(a.parts[0]!), e.let(b.parts[0]!)];
    const lane = (i: number) => e.f.call(call, [i32x4.extract(x, i), i32x4.extract(y, i)]);
    let result = i32x4.splat(lane(0));
    for (let i = 1; i < 4; i++) result = i32x4.replace(result, i, lane(i));
    return wrapped(e, a.dtype, result);
  };

/** The quotient truncated toward zero; 0 where the divisor is 0; the smallest integer over −1 wraps to itself. */
const divide: IntHelper = (module) =>
  module.function(
    { name: "i32 div", parameters: { a: "i32", b: "i32" }, result: "i32", export: false },
    (f, { a, b }) => {
      const result = f.local("i32");
      f.if(
        i32.eq(b, -1),
        () => f.set(result, i32.sub(0, a)),
        () => f.if(b, () => f.set(result, i32.divS(a, b))),
      );
      return result;
    },
  );

/** By squaring, wrapped; negative powers truncate toward zero, so all but those of ±1 give 0. */
const integerPower: IntHelper = (module) =>
  module.function(
    { name: "i32 pow", parameters: { a: "i32", b: "i32" }, result: "i32", export: false },
    (f, { a, b }) => {
      const result = f.let(i32.const(1));
      f.if(
        i32.ltS(b, 0),
        () => {
          const ofMinusOne = selectScalar(i32.const(-1), i32.const(1), i32.and(b, 1), "i32");
          const ofOthers = selectScalar(ofMinusOne, i32.const(0), i32.eq(a, -1), "i32");
          f.set(result, selectScalar(i32.const(1), ofOthers, i32.eq(a, 1), "i32"));
        },
        () =>
          f.while(
            () => b,
            () => {
              f.if(i32.and(b, 1), () => f.set(result, i32.mul(result, a)));
              f.set(a, i32.mul(a, a));
              f.set(b, i32.shrU(b, 1));
            },
          ),
      );
      return result;
    },
  );

const shift = (name: string, apply: typeof i32.shl): Binary =>
  eachInt(name, (module) =>
    module.function({ name, parameters: { a: "i32", b: "i32" }, result: "i32", export: false }, (_f, { a, b }) =>
      apply(a, b),
    ),
  );

const intBinary: Partial<Record<BinaryName, Binary>> = {
  add: int2((x, y) => i32x4.add(x, y)),
  sub: int2((x, y) => i32x4.sub(x, y)),
  mul: int2((x, y) => i32x4.mul(x, y)),
  min: int2((x, y) => i32x4.minS(x, y)),
  max: int2((x, y) => i32x4.maxS(x, y)),
  and: int2((x, y) => v128.and(x, y)),
  or: int2((x, y) => v128.or(x, y)),
  xor: int2((x, y) => v128.xor(x, y)),
  div: eachInt("i32 div", divide),
  pow: eachInt("i32 pow", integerPower),
  shl: shift("i32 shl", i32.shl),
  shrU: shift("i32 shr", i32.shrU),
};

/** A shift of all lanes by one number; `undefined` for other instructions. */
export function shiftByConstant(e: Emitter, op: BinaryName, x: Lanes, amount: number): Lanes | undefined {
  if (x.dtype !== "int32" && x.dtype !== "uint8") return undefined;
  const bits = wholeConstant(amount, x.dtype) & 31;
  if (op === "shl") return wrapped(e, x.dtype, i32x4.shl(x.parts[0]!, bits));
  if (op === "shrU") return wrapped(e, x.dtype, i32x4.shrU(x.parts[0]!, bits));
  return undefined;
}

// ——— bool: what arithmetic on 0 and 1 gives, compared with 0 ———

const bool2 =
  (apply: (x: Vector, y: Vector) => Vector): Binary =>
  (_e, a, b) =>
    lanesOf("bool", apply(a.parts[0]!, b.parts[0]!));

const boolBinary: Partial<Record<BinaryName, Binary>> = {
  add: bool2((x, y) => v128.or(x, y)),
  sub: bool2((x, y) => v128.xor(x, y)),
  mul: bool2((x, y) => v128.and(x, y)),
  div: bool2((x, y) => v128.and(x, y)),
  min: bool2((x, y) => v128.and(x, y)),
  max: bool2((x, y) => v128.or(x, y)),
  and: bool2((x, y) => v128.and(x, y)),
  or: bool2((x, y) => v128.or(x, y)),
  xor: bool2((x, y) => v128.xor(x, y)),
  pow: bool2((x, y) => v128.or(x, v128.not(y))),
  shl: bool2((x) => x),
  shrU: bool2((x, y) => v128.andnot(x, y)),
};

// ——— tests and comparisons: bool results ———

function testOf(e: Emitter, op: UnaryName, a: Lanes): Lanes | undefined {
  if (op === "not") return lanesOf("bool", v128.not(maskOf(e, a)));
  if (op !== "isNaN" && op !== "isFinite") return undefined;
  if (!isFloat(a.dtype)) return lanesOf("bool", e.i32(op === "isNaN" ? 0 : -1));
  const ops = a.dtype === "float64" ? f64x2 : f32x4;
  const infinity = floatConstant(e, a.dtype, Number.POSITIVE_INFINITY);
  const masks = named(e, a).parts.map((x) => (op === "isNaN" ? ops.ne(x, x) : ops.lt(ops.abs(x), infinity)));
  return lanesOf("bool", masks.length === 1 ? masks[0]! : narrowMask(masks[0]!, masks[1]!));
}

const comparisons = {
  eq: { float: "eq", int: "eq" },
  ne: { float: "ne", int: "ne" },
  lt: { float: "lt", int: "ltS" },
  le: { float: "le", int: "leS" },
  gt: { float: "gt", int: "gtS" },
  ge: { float: "ge", int: "geS" },
} as const; // prettier-ignore

/** Lanes where the comparison holds, as a mask. */
export function compare(e: Emitter, op: keyof typeof comparisons, a: Lanes, b: Lanes): Vector {
  const { float, int } = comparisons[op];
  const [x, y] = [a.parts[0]!, b.parts[0]!];
  switch (a.dtype) {
    case "float32":
      return f32x4[float](x, y);
    case "float64":
      return narrowMask(f64x2[float](x, y), f64x2[float](a.parts[1]!, b.parts[1]!));
    case "bool":
      return i32x4[int](v128.and(x, e.i32(1)), v128.and(y, e.i32(1)));
    default:
      return i32x4[int](x, y);
  }
}

// ——— entry points ———

export function unary(e: Emitter, op: UnaryName, a: Lanes): Lanes {
  const tested = testOf(e, op, a);
  if (tested !== undefined) return tested;
  if (a.dtype === "bool" && intUnary[op] !== undefined) return a;
  const apply = (isFloat(a.dtype) ? floatUnary : intUnary)[op];
  if (apply === undefined) throw noSuch(op, a.dtype);
  return apply(e, a);
}

export function binary(e: Emitter, op: BinaryName, a: Lanes, b: Lanes): Lanes {
  if (op in comparisons) return lanesOf("bool", compare(e, op as keyof typeof comparisons, a, b));
  const table = a.dtype === "bool" ? boolBinary : isFloat(a.dtype) ? floatBinary : intBinary;
  const apply = table[op];
  if (apply === undefined) throw noSuch(op, a.dtype);
  return apply(e, a, b);
}
