/**
 * sin and cos of four float32. |x| is reduced to r = |x| − n π/2, |r| ≤ π/4, in float64 in two steps (Cody and Waite);
 * beyond 10⁶ lane by lane with 96 bits of 2/π from where they matter (Payne and Hanek), as in `sincosf.h` of ARM's
 * optimized-routines. Polynomials: Cephes' sinf.c.
 *
 * Largest errors over every 31st of the 2³² arguments, in units in the last place: sin 1.58 · cos 1.59.
 */

import {
  type FunctionHandle,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  type Local,
  type ModuleBuilder,
  shuffle32,
  type Value,
  v128,
} from "../assembler/index.ts";
import type { Emitter, Vector } from "./emitter.ts";
import { polynomial } from "./math-f32.ts";

const LARGE = 1e6;
/** π/2: its first 33 bits and the rest (fdlibm's pio2_1 and pio2_1t). */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;
/** Bits of 2/π after the point, 32 at a time. */
const TWO_OVER_PI = [0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab];

const SIN = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1];
const COS = [0.00002443315711809948, -0.001388731625493765, 0.04166664568298827];

/** r and n of the lower two lanes, in float64. */
function reducePair(e: Emitter, low: Vector): { r: Vector; n: Vector } {
  const x = e.let(f64x2.promoteLowF32x4(low));
  const n = e.let(f64x2.nearest(f64x2.mul(x, e.f64(2 / Math.PI))));
  const high = f64x2.sub(x, f64x2.mul(n, e.f64(HALF_PI_HIGH)));
  return { r: f64x2.sub(high, f64x2.mul(n, e.f64(HALF_PI_LOW))), n };
}

/**
 * Function (bits of x > 0: i32) → i64: r as float32 bits in the low half, n mod 4 in the high half. x = m 2ᵉ with m of
 * 24 bits; bits of 2/π of weight 2²⁻ᵉ and more only add multiples of 4 to x · 2/π. The 96 bits from there on, times m,
 * give x · 2/π mod 4 in units of 2⁻⁶², modulo 2⁶⁴; at most 30 leading bits of the fraction cancel.
 */
function defineReduceLarge(module: ModuleBuilder): FunctionHandle<"i64"> {
  return module.function({ name: "reduce π/2", parameters: { x: "i32" }, result: "i64", export: false }, (f, { x }) => {
    const exponent = f.let(i32.shrU(x, 23));
    const m = f.let(i64.extendI32U(i32.or(i32.and(x, 0x7fffff), 0x800000)));
    const from = f.let(i32.sub(exponent, 152));
    const words = [0, 1, 2, 3].map(() => f.local("i64"));
    const load = (first: number): void =>
      words.forEach((word, i) => {
        f.set(word, i64.const(TWO_OVER_PI[first + i] ?? 0));
      });
    f.switch(
      i32.shrS(from, 5),
      [0, 1, 2, 3].map((first) => () => load(first)),
      () => load(-1),
    );
    const shift = f.let(i64.sub(32, i64.extendI32U(i32.and(from, 31))));
    const [b0, b1, b2] = [0, 1, 2].map((i) => {
      const pair = i64.or(i64.shl(words[i]!, 32), words[i + 1]!);
      return i64.and(i64.shrU(pair, shift), 0xffffffff);
    }) as [Value<"i64">, Value<"i64">, Value<"i64">];
    const high = i64.add(i64.shl(i64.mul(m, b0), 32), i64.mul(m, b1));
    const turns = f.let(i64.add(high, i64.shrU(i64.mul(m, b2), 32)));
    const n = f.let(i64.shrU(i64.add(turns, 1n << 61n), 62));
    const r = f64.mul(f64.convertI64S(i64.sub(turns, i64.shl(n, 62))), Math.PI / 2 ** 63);
    return i64.or(i64.shl(n, 32), i64.extendI32U(i32.reinterpretF32(f32.demoteF64(r))));
  });
}

/** r and n (mod 4) of four arguments that are not negative. */
function reduce(e: Emitter, a: Vector): { r: Vector; n: Vector } {
  const low = reducePair(e, a);
  const high = reducePair(e, shuffle32(a, a, [2, 3, 2, 3]));
  const narrow = (x: Vector, y: Vector): Vector =>
    shuffle32(f32x4.demoteF64x2Zero(x), f32x4.demoteF64x2Zero(y), [0, 1, 4, 5]);
  const r = e.variable(narrow(low.r, high.r));
  const whole = (x: Vector): Vector => i32x4.truncSatF64x2SZero(x);
  const n = e.variable(shuffle32(whole(low.n), whole(high.n), [0, 1, 4, 5]));
  const reduceLarge = e.helper("reduce π/2", defineReduceLarge);
  e.f.if(v128.anyTrue(f32x4.gt(a, e.f32(LARGE))), () => {
    for (let lane = 0; lane < 4; lane++) reduceLane(e, a, lane, r, n, reduceLarge);
  });
  return { r, n };
}

function reduceLane(
  e: Emitter,
  a: Vector,
  lane: number,
  r: Local<"v128">,
  n: Local<"v128">,
  reduceLarge: FunctionHandle<"i64">,
): void {
  e.f.if(f32.gt(f32x4.extract(a, lane), LARGE), () => {
    const both = e.let(e.f.call(reduceLarge, [i32x4.extract(a, lane)]));
    e.f.set(r, f32x4.replace(r, lane, f32.reinterpretI32(i32.wrapI64(both))));
    e.f.set(n, i32x4.replace(n, lane, i32.wrapI64(i64.shrU(both, 32))));
  });
}

/** sin(r + q π/2) for |r| ≤ π/4 and integers q; NaN where `a`, the argument, is not finite. */
function quadrant(e: Emitter, r: Vector, q: Vector, a: Vector): Vector {
  const z = e.let(f32x4.mul(r, r));
  const sine = f32x4.add(f32x4.mul(f32x4.mul(polynomial(e, z, SIN), z), r), r);
  const quartic = f32x4.mul(f32x4.mul(polynomial(e, z, COS), z), z);
  const cosine = f32x4.add(f32x4.sub(quartic, f32x4.mul(z, e.f32(0.5))), e.f32(1));
  const turn = e.let(q);
  const odd = i32x4.ne(v128.and(turn, e.i32(1)), e.i32(0));
  const negative = i32x4.shl(v128.and(turn, e.i32(2)), 30);
  const result = v128.xor(v128.bitselect(cosine, sine, odd), negative);
  return v128.or(result, v128.not(f32x4.lt(a, e.f32(Number.POSITIVE_INFINITY))));
}

export function sin(e: Emitter, value: Vector): Vector {
  const x = e.let(value);
  const a = e.let(f32x4.abs(x));
  const { r, n } = reduce(e, a);
  return v128.xor(quadrant(e, r, n, a), v128.and(x, e.i32(-2147483648)));
}

export function cos(e: Emitter, value: Vector): Vector {
  const a = e.let(f32x4.abs(value));
  const { r, n } = reduce(e, a);
  return quadrant(e, r, i32x4.add(n, e.i32(1)), a);
}
