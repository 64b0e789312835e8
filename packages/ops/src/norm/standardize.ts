/**
 * Standardisation over any axes: x̂ = (x − m) s with m the mean, s = (variance + ε)^(−½). Layer and group norm are this and
 * an affine map. The rule is that of batch norm with γ = 1: two sums in one pass, then one map (`centred-sums.ts`).
 */

import { type Attributes, defineOp, moments, reducedShape, sizeOf, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { centredSums, normalisationGradient } from "./centred-sums.ts";

interface StandardizeAttributes extends Attributes {
  /** Rising, wrapped. */
  readonly axes: readonly number[];
  readonly eps: number;
}

export const standardizeOp = defineOp<StandardizeAttributes>({
  name: "standardize",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { axes } }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    demandFloat(problems, "x", x);
    problems.throw([named("x", x)]);
    const statistic = { shape: reducedShape(x.shape, axes, true), dtype: x.dtype };
    return [{ shape: x.shape, dtype: x.dtype }, statistic, statistic];
  },
  flops: ({ inputs: [x] }) => 6 * sizeOf((x as TensorSpec).shape),
  vjp: ({ inputs, outputs, cotangents, attributes: { axes } }) => {
    const [x] = inputs as readonly [Tensor];
    const [, mean, inverseStd] = outputs as readonly [Tensor, Tensor, Tensor];
    const [g = null, dMean = null, dInverseStd = null] = cotangents;
    const sums = g === null ? null : centredSums(g, x, mean, axes);
    const count = axes.reduce((n, axis) => n * (x.shape[axis] as number), 1);
    return [normalisationGradient({ x, g, sums, mean, inverseStd, gamma: undefined, dMean, dInverseStd, count })];
  },
  expand: ([x], { axes, eps }) => {
    const { mean, variance } = moments(x as Tensor, { axis: axes, keepDims: true });
    const inverseStd = variance.add(eps).sqrt().reciprocal();
    return [(x as Tensor).sub(mean).mul(inverseStd), mean, inverseStd];
  },
});

/** x̂, with mean 0 and variance 1 over `axes` but for ε. */
export function standardize(x: Tensor, axes: readonly number[], eps: number): Tensor {
  return standardizeOp.apply([x], { axes, eps });
}
