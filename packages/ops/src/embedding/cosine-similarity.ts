/** Cosine of the angle between vectors: Σ â b̂ with â = a / max(‖a‖, ε) along an axis (`l2-normalize.ts` has the gradient). */

import {
  type Attributes,
  checkOptions,
  defineOp,
  derive,
  reducedShape,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { readNumber } from "../loss/number-option.ts";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { demandAxis, demandEqualVectors } from "./equal-vectors.ts";
import { l2Normalize } from "./l2-normalize.ts";

interface CosineAttributes extends Attributes {
  readonly axis: number;
  readonly eps: number;
}

export const cosineSimilarityOp = defineOp<CosineAttributes>({
  name: "cosineSimilarity",
  inputNames: ["a", "b"],
  infer: ({ inputs, attributes }) => {
    const [a, b] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandEqualVectors(problems, { a, b });
    const axis = demandAxis(problems, attributes.axis, a);
    problems.throw([named("a", a), named("b", b)]);
    return { shape: reducedShape(a.shape, [axis], false), dtype: a.dtype };
  },
  flops: ({ inputs: [a] }) => 8 * sizeOf((a as TensorSpec).shape),
  vjp: derive,
  expand: ([a, b], { axis, eps }) => {
    const unit = (x: Tensor): Tensor => l2Normalize(x, { axis, eps });
    return unit(a as Tensor)
      .mul(unit(b as Tensor))
      .sum({ axis });
  },
});

export interface CosineSimilarityOptions {
  /** Axis along which the vectors lie. Default 1. */
  readonly axis?: number | undefined;
  /** Shortest length that is divided by. Default 1e-8. */
  readonly eps?: number | undefined;
}

/**
 * Cosine of the angle between the vectors of `a` and `b`, of one shape and one float dtype: from −1 to 1, 0 if either vector
 * is 0. The axis is dropped. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example const similar = cosineSimilarity(model.forward(one), model.forward(other));   // [N, D], [N, D] → [N]
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options: CosineSimilarityOptions = {}): Tensor {
  checkOptions("cosineSimilarity", options, ["axis", "eps"]);
  const problems = new Problems();
  const eps = readNumber(problems, "eps", options.eps, 1e-8, { from: 1e-18 });
  problems.throwFrom("cosineSimilarity", [named("a", a), named("b", b)]);
  return cosineSimilarityOp.apply([a, b], { axis: options.axis ?? 1, eps });
}
