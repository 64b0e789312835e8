/**
 * The two sums that the gradient of a normalisation needs, in one pass over both operands:
 *
 *   A_j = Σ_i g_ij,   B_j = Σ_i g_ij (x_ij − m_j)      i over the given axes, which stay with size 1
 *
 * Both are linear in g and B in x − m. With cotangents a, b:
 *   ḡ_ij = a_j + b_j (x_ij − m_j),   x̄_ij = b_j g_ij,   m̄_j = −b_j Σ_i g_ij = −b_j A_j
 */

import {
  type Attributes,
  broadcastOperand,
  type DType,
  defineOp,
  type Operand,
  reducedShape,
  ScalarBuilder,
  type Shape,
  sizeOf,
  spreadOverAxes,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";

interface CentredSumsAttributes extends Attributes {
  /** Rising, wrapped. */
  readonly axes: readonly number[];
}

export const centredSumsOp = defineOp<CentredSumsAttributes>({
  name: "centredSums",
  inputNames: ["g", "x", "mean"],
  infer: ({ inputs, attributes: { axes } }) => {
    const [g] = inputs as readonly [TensorSpec];
    const spec = { shape: reducedShape(g.shape, axes, true), dtype: g.dtype };
    return [spec, spec];
  },
  flops: ({ inputs: [g] }) => 4 * sizeOf((g as TensorSpec).shape),
  vjp: ({ inputs, outputs, cotangents: [a, b], needs }) => {
    const [g, x, mean] = inputs as readonly [Tensor, Tensor, Tensor];
    const [sum] = outputs as readonly [Tensor];
    const throughB = b == null ? null : b.mul(x.sub(mean));
    const dg = (): Tensor | null => {
      if (a == null) return throughB;
      return throughB === null ? a.broadcastTo(g.shape) : throughB.add(a);
    };
    return [
      needs(0) ? dg() : null,
      needs(1) && b != null ? b.mul(g) : null,
      needs(2) && b != null ? b.mul(sum).neg() : null,
    ];
  },
  lower: ({ inputs, outputs, dtypes, attributes: { axes } }) => {
    const { shape } = inputs[0] as Operand;
    const dtype = dtypes[0] as DType;
    const e = new ScalarBuilder();
    const [g, x, mean] = [e.read(0, dtype), e.read(1, dtype), e.read(2, dtype)];
    const prologue = e.build([g, e.binary("mul", g, e.binary("sub", x, mean))]);
    const done = new ScalarBuilder();
    return {
      kind: "reduce",
      shape,
      axes,
      reads: inputs.map((operand) => broadcastOperand(operand, shape)),
      writes: outputs.map((operand) => spreadOverAxes(operand, shape, axes, true)),
      prologue,
      accumulators: [
        { kind: "sum", value: 0 },
        { kind: "sum", value: 1 },
      ],
      epilogue: done.build([done.read(0, dtype), done.read(1, dtype)]),
      epilogueReads: [],
    };
  },
});

/** A and B, with the reduced axes kept; `mean` has their shape. */
export function centredSums(g: Tensor, x: Tensor, mean: Tensor, axes: readonly number[]): readonly [Tensor, Tensor] {
  return centredSumsOp.applyAll([g, x, mean], { axes }) as readonly [Tensor, Tensor];
}

/**
 * Gradient in x of x̂ = (x − m) s scaled by γ, m the mean and s = (variance + ε)^(−½) over n elements, from the cotangents of
 * γ x̂ (as g), of m and of s. With v̄ = −½ s³ s̄' for the whole cotangent s̄' of s, and m̄' that of m:
 *
 *   through x:  γ s g_i
 *   through s:  s̄' = s̄ + γ Σ_k g_k (x_k − m) = s̄ + γ B,  ∂v/∂x_i = 2 (x_i − m)/n  →  −s³ (s̄ + γ B) (x_i − m)/n
 *   through m:  m̄' = m̄ − γ s Σ_k g_k = m̄ − γ s A,        ∂m/∂x_i = 1/n           →  (m̄ − γ s A)/n
 *
 * `sums` are A and B, null when only m and s have cotangents. γ is constant over the reduced axes; 1 when absent.
 */
export function normalisationGradient(parts: {
  readonly x: Tensor;
  readonly g: Tensor | null;
  readonly sums: readonly [Tensor, Tensor] | null;
  readonly mean: Tensor;
  readonly inverseStd: Tensor;
  readonly gamma: Tensor | undefined;
  readonly dMean: Tensor | null;
  readonly dInverseStd: Tensor | null;
  readonly count: number;
}): Tensor | null {
  const { x, g, sums, mean, inverseStd: s, gamma, dMean, dInverseStd, count } = parts;
  const scaled = (t: Tensor): Tensor => (gamma === undefined ? t : t.mul(gamma));
  const direct = g === null ? null : g.mul(scaled(s));
  const ofStd = plus(dInverseStd, sums === null ? null : scaled(sums[1]));
  const throughStd = ofStd === null ? null : x.sub(mean).mul(ofStd.mul(s.mul(s).mul(s)).div(-count));
  const ofMean = plus(dMean, sums === null ? null : scaled(s.mul(sums[0])).neg());
  const throughMean = ofMean === null ? null : ofMean.div(count);
  const total = plus(plus(direct, throughStd), throughMean);
  return total === null ? null : total.broadcastTo(x.shape);
}

function plus(a: Tensor | null, b: Tensor | null): Tensor | null {
  if (a === null) return b;
  return b === null ? a : a.add(b);
}

/** Extents of `shape` with every axis but the given ones at 1. */
export function onlyAxes(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((n, i) => (axes.includes(i) ? n : 1));
}
