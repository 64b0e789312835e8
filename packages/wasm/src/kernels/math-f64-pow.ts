/**
 * xʸ of two float64, as a function of the module: FreeBSD's msun (e_pow.c). log₂|x| is computed to 70 bits as a sum of
 * two float64, times y, and 2 to the product. Special values as IEEE 754-2019 § 9.2.1 has them. Error: below one unit in
 * the last place.
 *
 * Copyright (C) 2004 by Sun Microsystems, Inc. All rights reserved.
 * Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
 * preserved.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f64,
  i32,
  i64,
  type Local,
  select,
  type Value,
} from "../assembler/index.ts";
import type { Emitter } from "./emitter.ts";
import { polynomial64, scale64 } from "./math-f64.ts";

type F64 = Value<"f64">;

const LOG = [
  0.5999999999999946, 0.4285714285785502, 0.33333332981837743, 0.272728123808534, 0.23066074577556175,
  0.20697501780033842,
];
const EXP = [
  0.16666666666666602, -0.0027777777777015593, 0.00006613756321437934, -0.0000016533902205465252, 4.1381367970572385e-8,
];
/** 2 / (3 ln 2) and log₂ 1.5, in two parts. */
const [CP, CP_HIGH, CP_LOW] = [0.9617966939259756, 0.9617967009544373, -7.028461650952758e-9];
const [DP_HIGH, DP_LOW] = [0.5849624872207642, 1.350039202129749e-8];
const [LN2, LN2_HIGH, LN2_LOW] = [Math.LN2, 0.6931471824645996, -1.904654299957768e-9];

/** The upper half of the bits: products of two such numbers are exact. */
const head = (x: F64): F64 => f64.reinterpretI64(i64.and(i64.reinterpretF64(x), -4294967296n));

/** log₂ a = high + low for finite a > 0. */
function log2(f: FunctionBuilder, a: Local<"f64">): { high: Local<"f64">; low: Local<"f64"> } {
  const subnormal = f.let(f64.lt(a, 2.2250738585072014e-308));
  const bits = f.let(i64.reinterpretF64(select(f64.mul(a, 2 ** 53), a, subnormal, "f64")));
  const exponent = i32.sub(i32.sub(i32.wrapI64(i64.shrU(bits, 52)), 1023), i32.mul(subnormal, 53));
  const fraction = f.let(i64.and(bits, 0xfffffffffffffn));
  // m in [√¾, √3): below √1.5 stays near 1, up to √3 is taken relative to 1.5, beyond is halved.
  const near15 = f.let(i64.gtU(fraction, 0x3988effffffffn));
  const halved = f.let(i64.geU(fraction, 0xbb67a00000000n));
  const n = f.let(f64.convertI32S(i32.add(exponent, halved)));
  const three = f.let(i32.and(near15, i32.eqz(halved)));
  const mantissa = i64.or(
    fraction,
    select(i64.const(0x3fe0000000000000n), i64.const(0x3ff0000000000000n), halved, "i64"),
  );
  const m = f.let(f64.reinterpretI64(mantissa));
  const base = f.let(select(f64.const(1.5), f64.const(1), three, "f64"));

  // s = (m − base) / (m + base) as s_h + s_l.
  const u = f.let(f64.sub(m, base));
  const v = f.let(f64.div(1, f64.add(m, base)));
  const s = f.let(f64.mul(u, v));
  const sHigh = f.let(head(s));
  const tHigh = f.let(head(f64.add(m, base)));
  const tLow = f.let(f64.sub(m, f64.sub(tHigh, base)));
  const sLow = f.let(f64.mul(v, f64.sub(f64.sub(u, f64.mul(sHigh, tHigh)), f64.mul(sHigh, tLow))));

  // log m − log base = 2 (s + s³/3 + …), times 3/2 in the terms t = 3 + s² + …
  const square = f.let(f64.mul(s, s));
  const series = f64.mul(f64.mul(square, square), polynomial64(square, LOG));
  const r = f.let(f64.add(series, f64.mul(sLow, f64.add(sHigh, s))));
  const headSquare = f.let(f64.mul(sHigh, sHigh));
  const t3 = f.let(head(f64.add(f64.add(3, headSquare), r)));
  const t3Low = f.let(f64.sub(r, f64.sub(f64.sub(t3, 3), headSquare)));
  const p = f.let(f64.mul(sHigh, t3));
  const pRest = f.let(f64.add(f64.mul(sLow, t3), f64.mul(t3Low, s)));
  const pHigh = f.let(head(f64.add(p, pRest)));
  const pLow = f.let(f64.sub(pRest, f64.sub(pHigh, p)));
  const zHigh = f.let(f64.mul(CP_HIGH, pHigh));
  const dLow = select(f64.const(DP_LOW), f64.const(0), three, "f64");
  const zLow = f.let(f64.add(f64.add(f64.mul(CP_LOW, pHigh), f64.mul(pLow, CP)), dLow));
  const dHigh = f.let(select(f64.const(DP_HIGH), f64.const(0), three, "f64"));
  const high = f.let(head(f64.add(f64.add(f64.add(zHigh, zLow), dHigh), n)));
  return { high, low: f.let(f64.sub(zLow, f64.sub(f64.sub(f64.sub(high, n), dHigh), zHigh))) };
}

/** 2^(high + low) for |high| ≤ 1100. */
function exp2(f: FunctionBuilder, high: Local<"f64">, low: Local<"f64">): F64 {
  const n = f.let(f64.nearest(f64.add(high, low)));
  const rest = f.let(f64.sub(high, n));
  const t = f.let(head(f64.add(low, rest)));
  const u = f.let(f64.mul(t, LN2_HIGH));
  const v = f.let(f64.add(f64.mul(f64.sub(low, f64.sub(t, rest)), LN2), f64.mul(t, LN2_LOW)));
  const z = f.let(f64.add(u, v));
  const w = f.let(f64.sub(v, f64.sub(z, u)));
  const square = f.let(f64.mul(z, z));
  const c = f.let(f64.sub(z, f64.mul(square, polynomial64(square, EXP))));
  const r = f64.sub(f64.div(f64.mul(z, c), f64.sub(c, 2)), f64.add(w, f64.mul(z, w)));
  return scale64(f, f64.sub(1, f64.sub(r, z)), f.let(i32.truncSatF64S(n)));
}

/** aʸ for finite a > 0 and finite y. */
function magnitude(f: FunctionBuilder, a: Local<"f64">, y: Local<"f64">): F64 {
  const { high, low } = log2(f, a);
  const result = f.local("f64");
  const estimate = f.let(f64.mul(y, high));
  f.if(
    f64.lt(f64.abs(estimate), 1100),
    () => {
      const yHigh = f.let(head(y));
      const productLow = f.let(f64.add(f64.mul(f64.sub(y, yHigh), high), f64.mul(y, low)));
      const productHigh = f.let(f64.mul(yHigh, high));
      f.set(result, exp2(f, productHigh, productLow));
    },
    () => f.set(result, select(f64.const(Number.POSITIVE_INFINITY), f64.const(0), f64.gt(estimate, 0), "f64")),
  );
  return result;
}

function body(f: FunctionBuilder, x: Local<"f64">, y: Local<"f64">): F64 {
  const infinity = f64.const(Number.POSITIVE_INFINITY);
  const a = f.let(f64.abs(x));
  const result = f.local("f64");
  const isZero = f.let(f64.eq(a, 0));
  const isInfinite = f.let(f64.eq(a, infinity));
  const infinitePower = f.let(f64.eq(f64.abs(y), infinity));
  f.if(
    i32.or(i32.or(isZero, isInfinite), infinitePower),
    // Grows without bound, or vanishes: |x| above or below 1, to a positive or negative power.
    () => f.set(result, select(f64.const(0), infinity, i32.xor(f64.gt(a, 1), f64.gt(y, 0)), "f64")),
    () => f.set(result, magnitude(f, a, y)),
  );
  const isInteger = f.let(f64.eq(f64.trunc(y), y));
  const half = f.let(f64.mul(y, 0.5));
  const isOdd = i32.and(isInteger, f64.ne(f64.trunc(half), half));
  const signed = f.let(select(f64.copysign(result, x), result, isOdd, "f64"));
  const undefinedRoot = i32.and(f64.lt(x, 0), i32.eqz(i32.or(isInteger, isInfinite)));
  const invalid = i32.or(undefinedRoot, i32.or(f64.ne(x, x), f64.ne(y, y)));
  const value = select(f64.const(Number.NaN), signed, invalid, "f64");
  const minusOne = i32.and(f64.eq(x, -1), infinitePower);
  const isOne = i32.or(i32.or(f64.eq(y, 0), f64.eq(x, 1)), minusOne);
  return select(f64.const(1), value, isOne, "f64");
}

export const pow64 = (e: Emitter): FunctionHandle<"f64"> =>
  e.helper("f64 pow", (module) =>
    module.function(
      { name: "f64 pow", parameters: { x: "f64", y: "f64" }, result: "f64", export: false },
      (f, { x, y }) => body(f, x, y),
    ),
  );
