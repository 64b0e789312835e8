/**
 * exp, expm1, log, log1p, tanh, sigmoid and erf of four float32, without fused multiply-add, so that the bits are the
 * same on every engine. Right at ±0, subnormals, ±∞ and NaN.
 *
 * Largest errors against float64 over every 31st of the 2³² arguments, in units in the last place:
 *   exp 1.01 · expm1 1.74 · log 0.82 · log1p 0.85 · tanh 2.43 · sigmoid 2.32 · erf 1.23
 *
 * Sources: exp and log after Cephes' expf.c and logf.c (S. Moshier); log1p with the correction of FreeBSD's s_log1pf.c;
 * tanh = t / (t + 2) with t = expm1(2|x|), as FreeBSD's s_tanh.c; erf with N. Juffa's minimax polynomials (2016).
 */

import { f32x4, i32x4, v128 } from "../assembler/index.ts";
import type { Emitter, Vector } from "./emitter.ts";

const SIGN = -2147483648;

/**
 * A polynomial, coefficients from the highest power down, by Estrin's scheme: neighbours are joined with x, pairs with x²,
 * and so on. Half the latency of Horner's rule, which is what bounds these functions.
 */
export function polynomial(e: Emitter, x: Vector, coefficients: readonly number[]): Vector {
  let terms = coefficients.map((c) => e.f32(c)).reverse();
  let power = e.let(x);
  while (terms.length > 1) {
    const joined: Vector[] = [];
    for (let i = 0; i < terms.length; i += 2) {
      const [low, high] = [terms[i]!, terms[i + 1]];
      joined.push(high === undefined ? low : e.let(f32x4.add(f32x4.mul(high, power), low)));
    }
    terms = joined;
    if (terms.length > 1) power = e.let(f32x4.mul(power, power));
  }
  return terms[0]!;
}

/** The result with the sign bit of x added: for odd functions, whose results are not negative for positive x. */
const withSign = (e: Emitter, result: Vector, x: Vector): Vector => v128.or(result, v128.and(x, e.i32(SIGN)));

/** min and max against a number that hand NaN on. */
const atMost = (e: Emitter, x: Vector, limit: number): Vector => f32x4.pmin(x, e.f32(limit));
const atLeast = (e: Emitter, x: Vector, limit: number): Vector => f32x4.pmax(x, e.f32(limit));

/** 2ᵏ for integers k in −126 … 127. */
const powerOfTwo = (e: Emitter, k: Vector): Vector => i32x4.shl(i32x4.add(k, e.i32(127)), 23);

/** Adding it leaves an integer below 2²² in the low bits, rounded to the nearest. */
const ROUND = 12582912;
const ROUND_BITS = 0x4b400000;

/**
 * n = x / ln 2 to the nearest integer, as int32; r = x − n ln 2 with ln 2 in two parts, the first of which times n is exact.
 * NaN gives some n and r = NaN.
 */
function reduceExp(e: Emitter, x: Vector): { n: Vector; r: Vector } {
  const rounded = e.let(f32x4.add(f32x4.mul(x, e.f32(Math.LOG2E)), e.f32(ROUND)));
  const n = e.let(f32x4.sub(rounded, e.f32(ROUND)));
  const high = f32x4.sub(x, f32x4.mul(n, e.f32(0.693359375)));
  const r = e.let(f32x4.sub(high, f32x4.mul(n, e.f32(-2.1219444e-4))));
  return { n: e.let(i32x4.sub(rounded, e.i32(ROUND_BITS))), r };
}

/** (eʳ − 1 − r) / r² on |r| ≤ ½ ln 2. */
const EXP = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1];

export function exp(e: Emitter, value: Vector): Vector {
  // Beyond these limits the result is 0 or ∞ by the rounding of the last two multiplications.
  const x = e.let(atLeast(e, atMost(e, value, 89), -104));
  const { n, r } = reduceExp(e, x);
  const tail = f32x4.mul(polynomial(e, r, EXP), f32x4.mul(r, r));
  const y = f32x4.add(f32x4.add(tail, r), e.f32(1));
  // 2ⁿ in two factors, as n goes from −150 to 128 and results may be subnormal.
  const half = e.let(i32x4.shrS(n, 1));
  return f32x4.mul(f32x4.mul(y, powerOfTwo(e, half)), powerOfTwo(e, i32x4.sub(n, half)));
}

/** With p = eʳ − 1: 2ⁿ p + (2ⁿ − 1), computed with t = 2ⁿ⁻¹, which is finite for every n. */
export function expm1(e: Emitter, value: Vector): Vector {
  const argument = e.let(value);
  const x = e.let(atLeast(e, atMost(e, argument, 89), -40));
  const { n, r } = reduceExp(e, x);
  const p = f32x4.add(f32x4.mul(polynomial(e, r, EXP), f32x4.mul(r, r)), r);
  const t = e.let(powerOfTwo(e, i32x4.sub(n, e.i32(1))));
  const sum = e.let(f32x4.add(f32x4.mul(t, p), f32x4.sub(t, e.f32(0.5))));
  return withSign(e, f32x4.add(sum, sum), argument);
}

const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

/** k ln 2 + log(1 + f) + c for u = 2ᵏ (1 + f) with 1 + f in [√½, √2): u positive and normal. */
function logOf(e: Emitter, u: Vector, exponentShift: Vector | undefined, c: Vector | undefined): Vector {
  const bits = e.let(u);
  const k = e.let(i32x4.shrS(i32x4.sub(bits, e.i32(0x3f3504f3)), 23));
  const f = e.let(f32x4.sub(i32x4.sub(bits, i32x4.shl(k, 23)), e.f32(1)));
  const exponent = exponentShift === undefined ? k : i32x4.sub(k, exponentShift);
  const n = e.let(f32x4.convertI32x4S(exponent));
  const z = e.let(f32x4.mul(f, f));
  const cubic = f32x4.mul(f32x4.mul(polynomial(e, f, LOG), z), f);
  const low = f32x4.mul(n, e.f32(-2.1219444e-4));
  const tail = f32x4.add(cubic, c === undefined ? low : f32x4.add(low, c));
  const mantissa = f32x4.add(f, f32x4.sub(tail, f32x4.mul(e.f32(0.5), z)));
  return f32x4.add(mantissa, f32x4.mul(n, e.f32(0.693359375)));
}

/** NaN where `argument` is NaN or less than `pole`, −∞ at the pole, ∞ at ∞; both vectors named. */
function logLimits(e: Emitter, result: Vector, argument: Vector, pole: number): Vector {
  const atInfinity = f32x4.eq(argument, e.f32(Number.POSITIVE_INFINITY));
  const finite = v128.bitselect(argument, result, atInfinity);
  const below = v128.bitselect(e.f32(Number.NEGATIVE_INFINITY), finite, f32x4.eq(argument, e.f32(pole)));
  return v128.or(below, v128.not(f32x4.ge(argument, e.f32(pole))));
}

export function log(e: Emitter, value: Vector): Vector {
  const x = e.let(value);
  const subnormal = e.let(f32x4.lt(x, e.f32(1.1754943508222875e-38)));
  const normal = v128.bitselect(f32x4.mul(x, e.f32(8388608)), x, subnormal);
  return logLimits(e, logOf(e, normal, v128.and(subnormal, e.i32(23)), undefined), x, 0);
}

/** log(u) with u = 1 + x rounded, and c = (1 + x − u) / u for what the rounding lost. */
export function log1p(e: Emitter, value: Vector): Vector {
  const x = e.let(value);
  const one = e.f32(1);
  const u = e.let(f32x4.add(one, x));
  const large = f32x4.sub(one, f32x4.sub(u, x));
  const small = f32x4.sub(x, f32x4.sub(u, one));
  const c = f32x4.div(v128.bitselect(large, small, f32x4.ge(u, e.f32(2))), u);
  return withSign(e, logLimits(e, logOf(e, u, undefined, c), x, -1), x);
}

export function tanh(e: Emitter, value: Vector): Vector {
  const x = e.let(value);
  const a = e.let(atMost(e, f32x4.abs(x), 10));
  const t = e.let(expm1(e, f32x4.add(a, a)));
  return withSign(e, f32x4.div(t, f32x4.add(t, e.f32(2))), x);
}

/** With z = e^−|x|: 1 / (1 + z) for positive x, z / (1 + z) for negative, which keeps small results accurate. */
export function sigmoid(e: Emitter, value: Vector): Vector {
  const x = e.let(value);
  const z = e.let(exp(e, f32x4.neg(f32x4.abs(x))));
  const one = e.f32(1);
  return f32x4.div(v128.bitselect(z, one, f32x4.lt(x, e.f32(0))), f32x4.add(one, z));
}

const ERF_SMALL = [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1];
/** log(1 − erf t) / t + 1 in powers of t. */
const ERF_LARGE = [
  -1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1,
];

export function erf(e: Emitter, value: Vector): Vector {
  const x = e.let(value);
  const t = e.let(atMost(e, f32x4.abs(x), 4));
  const small = f32x4.add(f32x4.mul(polynomial(e, f32x4.mul(x, x), ERF_SMALL), t), t);
  const exponent = f32x4.sub(f32x4.mul(polynomial(e, t, ERF_LARGE), t), t);
  const large = f32x4.sub(e.f32(1), exp(e, exponent));
  return withSign(e, v128.bitselect(large, small, f32x4.gt(t, e.f32(0.921875))), x);
}
