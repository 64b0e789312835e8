/**
 * The one-dimensional Winograd transforms with six points 0, ±1, ±2, ∞, as straight-line code on vectors.
 * F(4, 3): y = Aᵀ[(G g) ⊙ (Bᵀ d)], four outputs of a three-tap filter from six inputs (Lavin & Gray, arXiv:1509.09308):
 *
 *          4  0 −5  0  1  0          ¼    0    0              1  1  1  1  1  0
 *          0 −4 −4  1  1  0        −⅙   −⅙   −⅙         Aᵀ = 0  1 −1  2 −2  0
 *     Bᵀ = 0  4 −4 −1  1  0    G = −⅙    ⅙   −⅙              0  1  1  4  4  0
 *          0 −2 −1  2  1  0        1/24 1/12  ⅙              0  1 −1  8 −8  1
 *          0  2 −1 −2  1  0        1/24 −1/12 ⅙
 *          0  4  0 −5  0  1          0    0    1
 *
 * F(3, 4), three outputs of a four-tap filter, has the same points and the same Bᵀ; G and Aᵀ gain or lose the cubic
 * column. It gives the weight gradient: x is the input, dy the four-tap filter, dw the three outputs.
 */

import { type FunctionBuilder, f32x4, type Local, type Value } from "../assembler/index.ts";
import type { Fused } from "./kernel.ts";

type Vector = Value<"v128">;
type Six = readonly Vector[];

const { add, sub, mul } = f32x4;

/** Constants of each transform, for `hoisted`. */
export const DATA_CONSTANTS = [2, 4] as const;
export const OUTPUT_CONSTANTS = [2, 4, 8] as const;
export const FILTER_CONSTANTS = [1 / 6, -1 / 6, 1 / 24, 1 / 12, 1 / 3, 1 / 4] as const;

/** Bᵀ d: 6 → 6. Inputs are used more than once: give locals. */
export function dataTransform(f: FunctionBuilder, { madd, nmadd, constant }: Fused, d: readonly Local<"v128">[]): Six {
  const [d0, d1, d2, d3, d4, d5] = d as readonly Vector[] as [Vector, Vector, Vector, Vector, Vector, Vector];
  const four = constant(4);
  const even = f.let(sub(d4, d2));
  const odd = f.let(sub(d3, d1));
  const a = f.let(nmadd(four, d2, d4));
  const b = f.let(nmadd(four, d1, d3));
  return [
    madd(four, sub(d0, d2), even),
    add(a, b),
    sub(a, b),
    madd(constant(2), odd, even),
    nmadd(constant(2), odd, even),
    nmadd(four, odd, sub(d5, d3)),
  ];
}

/** Aᵀ m: 6 → 4 for F(4, 3), 6 → 3 for F(3, 4). */
export function outputTransform(
  f: FunctionBuilder,
  { madd, constant }: Fused,
  m: readonly Local<"v128">[],
  outputs: 3 | 4,
): readonly Vector[] {
  const [m0, m1, m2, m3, m4, m5] = m as readonly Vector[] as [Vector, Vector, Vector, Vector, Vector, Vector];
  const s1 = f.let(add(m1, m2));
  const d1 = f.let(sub(m1, m2));
  const s2 = f.let(add(m3, m4));
  const d2 = f.let(sub(m3, m4));
  const first = add(add(m0, s1), s2);
  const second = madd(constant(2), d2, d1);
  const third = madd(constant(4), s2, s1);
  return outputs === 3 ? [first, second, add(third, m5)] : [first, second, third, add(madd(constant(8), d2, d1), m5)];
}

/** G g: 3 → 6 for F(4, 3), 4 → 6 for F(3, 4). */
export function filterTransform(f: FunctionBuilder, { madd, constant }: Fused, g: readonly Local<"v128">[]): Six {
  const [g0, g1, g2, g3] = g as readonly (Vector | undefined)[] as [Vector, Vector, Vector, Vector | undefined];
  const even = f.let(add(g0, g2));
  const odd = g3 === undefined ? g1 : f.let(add(g1, g3));
  const p = f.let(madd(constant(1 / 6), g2, mul(constant(1 / 24), g0)));
  const low = mul(constant(1 / 12), g1);
  const q = f.let(g3 === undefined ? low : madd(constant(1 / 3), g3, low));
  return [
    mul(constant(1 / 4), g0),
    mul(constant(-1 / 6), add(even, odd)),
    mul(constant(-1 / 6), sub(even, odd)),
    add(p, q),
    sub(p, q),
    g3 ?? g2,
  ];
}
