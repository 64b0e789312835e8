/**
 * Euclidean distance of vectors along the last axis: r = ‖v‖, v = a − b + ε.
 *
 * ā = v r̄ / r and b̄ = −ā; 0 where r = 0, the subgradient of smallest length, where the root's own slope is infinite.
 */

import { type Attributes, checkOptions, defineOp, sizeOf, type Tensor, type TensorSpec } from "@prewitt/core";
import { readNumber } from "../loss/number-option.ts";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { demandAxis, demandEqualVectors } from "./equal-vectors.ts";

interface DistanceAttributes extends Attributes {
  readonly eps: number;
}

export const pairwiseDistanceOp = defineOp<DistanceAttributes>({
  name: "pairwiseDistance",
  inputNames: ["a", "b"],
  infer: ({ inputs }) => {
    const [a, b] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandEqualVectors(problems, { a, b });
    demandAxis(problems, -1, a);
    problems.throw([named("a", a), named("b", b)]);
    return { shape: a.shape.slice(0, -1), dtype: a.dtype };
  },
  flops: ({ inputs: [a] }) => 4 * sizeOf((a as TensorSpec).shape),
  vjp: ({ inputs, dy, attributes: { eps }, needs }) => {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    const v = a.sub(b).add(eps);
    const square = v.square().sum({ axis: -1, keepDims: true });
    const apart = square.greater(0);
    const inverse = apart.where(apart.where(square, 1).sqrt().reciprocal(), 0);
    const g = v.mul(inverse.mul(dy.unsqueeze(-1)));
    return [needs(0) ? g : null, needs(1) ? g.neg() : null];
  },
  expand: ([a, b], { eps }) =>
    (a as Tensor)
      .sub(b as Tensor)
      .add(eps)
      .square()
      .sum(-1)
      .sqrt(),
});

export interface PairwiseDistanceOptions {
  /** Added to every difference. Default 0; PyTorch has 1e-6. */
  readonly eps?: number | undefined;
}

/**
 * ‖a − b‖ along the last axis, which is dropped; `a` and `b` have one shape and one float dtype. The gradient at distance 0
 * is 0. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example pairwiseDistance(anchor, other)   // [N, D], [N, D] → [N]
 */
export function pairwiseDistance(a: Tensor, b: Tensor, options: PairwiseDistanceOptions = {}): Tensor {
  checkOptions("pairwiseDistance", options, ["eps"]);
  const problems = new Problems();
  const eps = readNumber(problems, "eps", options.eps, 0);
  problems.throwFrom("pairwiseDistance", [named("a", a), named("b", b)]);
  return pairwiseDistanceOp.apply([a, b], { eps });
}
