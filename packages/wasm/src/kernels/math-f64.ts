/**
 * exp, expm1, log, log1p, tanh, sigmoid and erf of one float64, as functions of the module. float64 is for checking
 * gradients, so these are plain scalar code.
 *
 * Algorithms and coefficients: FreeBSD's msun (e_exp.c, s_expm1.c, e_log.c, s_log1p.c, s_tanh.c, s_erf.c), with their
 * case distinctions for speed left out. Differences measured from the engine's own functions: at most 1 unit in the
 * last place, 3 for tanh.
 *
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 * Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software
 * is freely granted, provided that this notice is preserved.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f32,
  f64,
  i32,
  i64,
  type Local,
  select,
  type Value,
} from "../assembler/index.ts";
import type { Emitter } from "./emitter.ts";

type F64 = Value<"f64">;
export type UnaryF64 = (e: Emitter) => FunctionHandle<"f64">;

/** Horner's rule, coefficients from the lowest power up; `x` must be a local. */
export function polynomial64(x: Local<"f64">, coefficients: readonly number[]): F64 {
  return coefficients
    .slice(0, -1)
    .reduceRight<F64>((sum, c) => f64.add(f64.mul(sum, x), c), f64.const(coefficients.at(-1)!));
}

/** A function of one float64, defined once in each module. */
export function unary64(name: string, body: (f: FunctionBuilder, x: Local<"f64">, e: Emitter) => F64): UnaryF64 {
  return (e) =>
    e.helper(`f64 ${name}`, (module, outer) =>
      module.function({ name: `f64 ${name}`, parameters: { x: "f64" }, result: "f64", export: false }, (f, { x }) =>
        body(f, x, outer.within(f)),
      ),
    );
}

/** y · 2ᵏ in two factors, for |k| ≤ 2044: right where the result is subnormal or overflows. */
export function scale64(f: FunctionBuilder, y: F64, k: Local<"i32">): F64 {
  const half = f.let(i32.shrS(k, 1));
  const power = (n: Value<"i32">): F64 => f64.reinterpretI64(i64.shl(i64.extendI32S(i32.add(n, 1023)), 52));
  return f64.mul(f64.mul(y, power(half)), power(i32.sub(k, half)));
}

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const EXP = [
  0.16666666666666602, -0.0027777777777015593, 0.00006613756321437934, -0.0000016533902205465252, 4.1381367970572385e-8,
];

const nearestInt = (f: FunctionBuilder, x: F64): Local<"f64"> => f.let(f64.nearest(f64.mul(x, Math.LOG2E)));

export const exp64 = unary64("exp", (f, argument) => {
  const x = f.let(f64.min(f64.max(argument, -760), 720));
  const k = nearestInt(f, x);
  const high = f.let(f64.sub(x, f64.mul(k, LN2_HIGH)));
  const low = f.let(f64.mul(k, LN2_LOW));
  const r = f.let(f64.sub(high, low));
  const t = f.let(f64.mul(r, r));
  const c = f.let(f64.sub(r, f64.mul(t, polynomial64(t, EXP))));
  const y = f64.sub(1, f64.sub(f64.sub(low, f64.div(f64.mul(r, c), f64.sub(2, c))), high));
  return scale64(f, y, f.let(i32.truncSatF64S(k)));
});

const EXPM1 = [
  1, -0.03333333333333313, 0.0015873015872548146, -0.0000793650757867488, 0.000004008217827329362,
  -2.0109921818362437e-7,
];

// With p = eʳ − 1 = r − e: 2ᵏ p + (2ᵏ − 1), computed with 2ᵏ⁻¹, which does not overflow.
export const expm164 = unary64("expm1", (f, argument) => {
  const bounded = f.let(f64.min(f64.max(argument, -60), 710));
  const k = nearestInt(f, bounded);
  const high = f.let(f64.sub(bounded, f64.mul(k, LN2_HIGH)));
  const low = f.let(f64.mul(k, LN2_LOW));
  const x = f.let(f64.sub(high, low));
  const c = f.let(f64.sub(f64.sub(high, x), low));
  const half = f.let(f64.mul(0.5, x));
  const square = f.let(f64.mul(x, half));
  const r1 = f.let(polynomial64(square, EXPM1));
  const t = f64.sub(3, f64.mul(r1, half));
  const tLocal = f.let(t);
  const ratio = f64.div(f64.sub(r1, tLocal), f64.sub(6, f64.mul(x, tLocal)));
  const error = f.let(f64.mul(square, ratio));
  const e = f.let(f64.sub(f64.sub(f64.mul(x, f64.sub(error, c)), c), square));
  const exponent = f.let(i32.sub(i32.truncSatF64S(k), 1));
  const scale = f.let(f64.reinterpretI64(i64.shl(i64.extendI32S(i32.add(exponent, 1023)), 52)));
  const sum = f.let(f64.add(f64.mul(scale, f64.sub(x, e)), f64.sub(scale, 0.5)));
  return f64.copysign(f64.add(sum, sum), argument);
});

const LOG = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
];

/** k ln 2 + log(1 + f) + c for u = 2ᵏ⁺ˢ (1 + f), u positive and normal. */
function log64Of(f: FunctionBuilder, u: Local<"f64">, s: Value<"i32">, c: Local<"f64"> | undefined): F64 {
  const bits = f.let(i64.reinterpretF64(u));
  const k = f.let(i64.shrS(i64.sub(bits, 0x3fe6a09e667f3bcdn), 52));
  const m = f.let(f64.sub(f64.reinterpretI64(i64.sub(bits, i64.shl(k, 52))), 1));
  const n = f.let(f64.convertI32S(i32.sub(i32.wrapI64(k), s)));
  const halfSquare = f.let(f64.mul(f64.mul(0.5, m), m));
  const ratio = f.let(f64.div(m, f64.add(2, m)));
  const z = f.let(f64.mul(ratio, ratio));
  const r = f64.mul(z, polynomial64(z, LOG));
  const low = f64.mul(n, LN2_LOW);
  const tail = f64.add(f64.mul(ratio, f64.add(halfSquare, r)), c === undefined ? low : f64.add(low, c));
  return f64.add(f64.add(f64.sub(tail, halfSquare), m), f64.mul(n, LN2_HIGH));
}

function logLimits64(result: F64, x: Local<"f64">, pole: number): F64 {
  const finite = select(x, result, f64.eq(x, Number.POSITIVE_INFINITY), "f64");
  const below = select(f64.const(Number.NEGATIVE_INFINITY), finite, f64.eq(x, pole), "f64");
  return select(below, f64.const(Number.NaN), f64.ge(x, pole), "f64");
}

export const log64 = unary64("log", (f, x) => {
  const subnormal = f.let(f64.lt(x, 2.2250738585072014e-308));
  const u = f.let(select(f64.mul(x, 2 ** 54), x, subnormal, "f64"));
  return logLimits64(log64Of(f, u, i32.mul(subnormal, 54), undefined), x, 0);
});

export const log1p64 = unary64("log1p", (f, x) => {
  const u = f.let(f64.add(1, x));
  const lost = select(f64.sub(1, f64.sub(u, x)), f64.sub(x, f64.sub(u, 1)), f64.ge(u, 2), "f64");
  const c = f.let(f64.div(lost, u));
  const result = f.let(logLimits64(log64Of(f, u, i32.const(0), c), x, -1));
  return f64.copysign(result, x);
});

// With t = expm1(−2|x|) below 1 and expm1(2|x|) above.
export const tanh64 = unary64("tanh", (f, x, e) => {
  const a = f.let(f64.min(f64.abs(x), 22));
  const small = f.let(f64.lt(a, 1));
  const t = f.let(f.call(expm164(e), [f64.mul(select(f64.const(-2), f64.const(2), small, "f64"), a)]));
  const sum = f.let(f64.add(t, 2));
  const result = select(f64.div(f64.neg(t), sum), f64.sub(1, f64.div(2, sum)), small, "f64");
  return f64.copysign(result, x);
});

export const sigmoid64 = unary64("sigmoid", (f, x, e) => {
  const z = f.let(f.call(exp64(e), [f64.neg(f64.abs(x))]));
  return f64.div(select(z, f64.const(1), f64.lt(x, 0), "f64"), f64.add(1, z));
});

const ERX = 0.8450629115104675;
const PP = [
  0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442, -0.000023763016656650163,
];
const QQ = [
  1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164, -0.000003960228278775368,
];
const PA = [
  -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175, -0.11089469428239668,
  0.035478304325618236, -0.002166375594868791,
];
const QA = [
  1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905,
  0.011984499846799107,
];
const RA = [
  -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347,
  -184.60509290671104, -81.2874355063066, -9.814329344169145,
];
const SA = [
  1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783,
  108.63500554177944, 6.570249770319282, -0.0604244152148581,
];
const RB = [
  -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896,
  -1025.0951316110772, -483.5191916086514,
];
const SB = [
  1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644,
  474.52854120695537, -22.44095244658582,
];

// |x| < 0.84375: x + x P(x²)/Q(x²); < 1.25: erx + P(|x| − 1)/Q(|x| − 1); else 1 − exp(−x² − 0.5625 + R/S) / |x|, where
// z = float32(|x|) makes z² exact and (z − |x|)(z + |x|) carries the rest.
export const erf64 = unary64("erf", (f, x, e) => {
  const a = f.let(f64.abs(x));
  const result = f.let(f64.const(1));
  f.if(
    f64.lt(a, 0.84375),
    () => {
      const z = f.let(f64.mul(a, a));
      f.set(result, f64.add(a, f64.mul(a, f64.div(polynomial64(z, PP), polynomial64(z, QQ)))));
    },
    () =>
      f.if(
        f64.lt(a, 1.25),
        () => {
          const s = f.let(f64.sub(a, 1));
          f.set(result, f64.add(ERX, f64.div(polynomial64(s, PA), polynomial64(s, QA))));
        },
        () => f.if(f64.lt(a, 6), () => f.set(result, erfTail(f, e, a))),
      ),
  );
  return select(x, f64.copysign(result, x), f64.ne(x, x), "f64");
});

function erfTail(f: FunctionBuilder, e: Emitter, a: Local<"f64">): F64 {
  const s = f.let(f64.div(1, f64.mul(a, a)));
  const near = f64.div(polynomial64(s, RA), polynomial64(s, SA));
  const far = f64.div(polynomial64(s, RB), polynomial64(s, SB));
  const ratio = f.let(select(near, far, f64.lt(a, 1 / 0.35), "f64"));
  const z = f.let(f64.promoteF32(f32.demoteF64(a)));
  const main = f.call(exp64(e), [f64.sub(f64.neg(f64.mul(z, z)), 0.5625)]);
  const rest = f.call(exp64(e), [f64.add(f64.mul(f64.sub(z, a), f64.add(z, a)), ratio)]);
  return f64.sub(1, f64.div(f64.mul(main, rest), a));
}
