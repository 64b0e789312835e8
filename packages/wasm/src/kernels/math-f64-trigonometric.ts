/**
 * sin and cos of one float64, as functions of the module: FreeBSD's msun (k_sin.c, k_cos.c, e_rem_pio2.c). Arguments
 * beyond 2²⁰ π/2 are reduced with 192 bits of 2/π in integers (Payne and Hanek). Error: at most 2 units in the last place.
 *
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 * Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software
 * is freely granted, provided that this notice is preserved.
 */

import { type FunctionBuilder, f64, i32, i64, type Local, select, type Value } from "../assembler/index.ts";
import { polynomial64, type UnaryF64, unary64 } from "./math-f64.ts";

/** Bits of 2/π after the point, 32 at a time. */
const TWO_OVER_PI = [
  0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561, 0xb7246e3a,
  0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41,
  0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf,
  0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08,
  0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
];

const SIN = [
  0.00833333333332249, -0.0001984126982985795, 0.0000027557313707070068, -2.5050760253406863e-8, 1.58969099521155e-10,
];
const SIN_FIRST = -0.16666666666666632;
const COS = [
  0.0416666666666666, -0.001388888888887411, 0.00002480158728947673, -2.7557314351390663e-7, 2.087572321298175e-9,
  -1.1359647557788195e-11,
];

/** Three parts of π/2 of 33 bits each, and what is missing after each. */
const HALF_PI = [
  { part: 1.5707963267341256, rest: 6.077100506506192e-11 },
  { part: 6.077100506303966e-11, rest: 2.0222662487959506e-21 },
  { part: 2.0222662487111665e-21, rest: 8.4784276603689e-32 },
] as const;

interface Reduced {
  readonly high: Local<"f64">;
  readonly low: Local<"f64">;
  readonly n: Local<"i32">;
}

const exponentOf = (x: Local<"f64">): Value<"i32"> => i32.and(i32.wrapI64(i64.shrU(i64.reinterpretF64(x), 52)), 2047);

/** a − n π/2 for a < 2²⁰ π/2; further parts of π/2 where the first ones cancel. */
function reduceMedium(f: FunctionBuilder, a: Local<"f64">, { high, low, n }: Reduced): void {
  const turns = f.let(f64.nearest(f64.mul(a, 2 / Math.PI)));
  const r = f.let(f64.sub(a, f64.mul(turns, HALF_PI[0].part)));
  const w = f.let(f64.mul(turns, HALF_PI[0].rest));
  f.set(high, f64.sub(r, w));
  const cancelled = (): Value<"i32"> => i32.sub(exponentOf(a), exponentOf(high));
  const refine = ({ part, rest }: (typeof HALF_PI)[number]): void => {
    const before = f.let(r);
    const step = f.let(f64.mul(turns, part));
    f.set(r, f64.sub(before, step));
    f.set(w, f64.sub(f64.mul(turns, rest), f64.sub(f64.sub(before, r), step)));
    f.set(high, f64.sub(r, w));
  };
  f.if(i32.gtS(cancelled(), 16), () => {
    refine(HALF_PI[1]);
    f.if(i32.gtS(cancelled(), 49), () => refine(HALF_PI[2]));
  });
  f.set(low, f64.sub(f64.sub(r, high), w));
  f.set(n, i32.truncSatF64S(turns));
}

/**
 * a = m 2ᵉ with m of 53 bits: 192 bits of 2/π, from weight 2¹⁻ᵉ on, times m, give a · 2/π mod 4 in units of 2⁻¹²⁶.
 */
function reduceLarge(f: FunctionBuilder, a: Local<"f64">, { high, low, n }: Reduced): void {
  const bits = f.let(i64.reinterpretF64(a));
  const m = f.let(i64.or(i64.and(bits, 0xfffffffffffffn), 0x10000000000000n));
  const factors = [f.let(i64.and(m, 0xffffffff)), f.let(i64.shrU(m, 32))] as const;
  const limbs = bitsOfTwoOverPi(f, f.let(i32.sub(exponentOf(a), 1077)));
  // Limbs of the product from weight 2⁻³² to 2⁹⁶, with carries.
  const product: Local<"i64">[] = [];
  const carry = f.let(i64.const(0));
  for (let i = 4; i >= 0; i--) {
    const terms = [f.let(i64.mul(limbs[i]!, factors[0])), f.let(i64.mul(limbs[i + 1]!, factors[1]))] as const;
    const lower = (x: Local<"i64">): Value<"i64"> => i64.and(x, 0xffffffff);
    const sum = f.let(i64.add(i64.add(lower(terms[0]), lower(terms[1])), carry));
    product.unshift(f.let(lower(sum)));
    f.set(carry, i64.add(i64.shrU(sum, 32), i64.add(i64.shrU(terms[0], 32), i64.shrU(terms[1], 32))));
  }
  const top = f.let(i64.or(i64.shl(product[0]!, 32), product[1]!));
  const bottom = i64.or(i64.shl(product[2]!, 32), product[3]!);
  const turns = f.let(i64.shrU(i64.add(top, 1n << 61n), 62));
  f.set(top, i64.sub(top, i64.shl(turns, 62)));
  // The fraction as a sum of two float64: the upper 53 bits exactly, and the rest.
  const upper = f.let(f64.mul(f64.convertI64S(i64.and(top, -2048)), 2 ** -62));
  const rest = f64.add(f64.convertI64S(i64.and(top, 2047)), f64.mul(f64.convertI64U(bottom), 2 ** -64));
  const lower = f.let(f64.mul(rest, 2 ** -62));
  const fraction = f.let(f64.add(upper, lower));
  f.set(lower, f64.sub(lower, f64.sub(fraction, upper)));
  f.set(high, f64.mul(fraction, Math.PI / 2));
  f.set(low, f64.add(f64.mul(lower, Math.PI / 2), f64.mul(fraction, 6.123233995736766e-17)));
  f.set(n, i32.wrapI64(turns));
}

/** Six 32-bit limbs of 2/π from bit `from` after the point on, the most significant first; −34 ≤ from < 1024. */
function bitsOfTwoOverPi(f: FunctionBuilder, from: Local<"i32">): Local<"i64">[] {
  const words = [0, 1, 2, 3, 4, 5, 6].map(() => f.local("i64"));
  const cases = Array.from({ length: 33 }, (_, first) => () => {
    words.forEach((word, i) => {
      f.set(word, i64.const(TWO_OVER_PI[first - 2 + i] ?? 0));
    });
  });
  f.switch(i32.add(i32.shrS(from, 5), 2), cases);
  const shift = f.let(i64.sub(32, i64.extendI32U(i32.and(from, 31))));
  return [0, 1, 2, 3, 4, 5].map((i) =>
    f.let(i64.and(i64.shrU(i64.or(i64.shl(words[i]!, 32), words[i + 1]!), shift), 0xffffffff)),
  );
}

/** sin(|x| + q π/2), q = 0 or 1. */
function circular(f: FunctionBuilder, x: Local<"f64">, q: 0 | 1): Local<"f64"> {
  const a = f.let(f64.abs(x));
  const reduced = { high: f.local("f64"), low: f.local("f64"), n: f.local("i32") };
  f.if(
    f64.lt(a, 1.6e6),
    () => reduceMedium(f, a, reduced),
    () => reduceLarge(f, a, reduced),
  );
  const { high: y, low: t, n } = reduced;
  const z = f.let(f64.mul(y, y));
  const cube = f.let(f64.mul(z, y));
  const inner = f64.sub(f64.mul(z, f64.sub(f64.mul(0.5, t), f64.mul(cube, polynomial64(z, SIN)))), t);
  const sine = f64.sub(y, f64.sub(inner, f64.mul(cube, SIN_FIRST)));
  const r = f64.mul(z, polynomial64(z, COS));
  const half = f.let(f64.mul(0.5, z));
  const w = f.let(f64.sub(1, half));
  const correction = f64.add(f64.sub(f64.sub(1, w), half), f64.sub(f64.mul(z, r), f64.mul(y, t)));
  const quadrant = f.let(i32.add(n, q));
  const value = f.let(select(f64.add(w, correction), sine, i32.and(quadrant, 1), "f64"));
  const turned = select(f64.neg(value), value, i32.and(quadrant, 2), "f64");
  return f.let(select(turned, f64.const(Number.NaN), f64.lt(a, Number.POSITIVE_INFINITY), "f64"));
}

export const sin64: UnaryF64 = unary64("sin", (f, x) => {
  const result = circular(f, x, 0);
  return select(f64.neg(result), result, i64.ltS(i64.reinterpretF64(x), 0), "f64");
});

export const cos64: UnaryF64 = unary64("cos", (f, x) => circular(f, x, 1));
