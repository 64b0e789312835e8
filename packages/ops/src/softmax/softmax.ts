/** Softmax along an axis, or over several together. */

import { type Attributes, type Axes, defineOp, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandFloat } from "../operands.ts";
import { Problems } from "../problems.ts";
import { type AxisOptions, readAxes } from "./axis.ts";

export interface SoftmaxAttributes extends Attributes {
  /** Rising, wrapped. */
  readonly axes: readonly number[];
}

export function inferSoftmax(inputs: readonly TensorSpec[]): TensorSpec {
  const x = inputs[0] as TensorSpec;
  const problems = new Problems();
  demandFloat(problems, "x", x);
  problems.throw();
  return x;
}

// With i, k over the axes: y_i = e^{x_i} / Σ_k e^{x_k}, ∂y_k/∂x_i = y_k ([i = k] − y_i): x̄_i = y_i (ȳ_i − Σ_k ȳ_k y_k).
// The maximum is taken off first: every exponent is at most 0 and one of them is 0, so nothing overflows and the sum is
// at least 1. The result does not depend on it, so no gradient flows through it.
export const softmaxOp = defineOp<SoftmaxAttributes>({
  name: "softmax",
  inputNames: ["x"],
  infer: ({ inputs }) => inferSoftmax(inputs),
  vjp: ({ outputs, dy, attributes: { axes } }) => {
    const [y] = outputs as readonly [Tensor];
    const mean = dy.mul(y).sum({ axis: axes, keepDims: true });
    return [y.mul(dy.sub(mean))];
  },
  expand: ([x], { axes }) => {
    const t = x as Tensor;
    const e = t.sub(t.max({ axis: axes, keepDims: true })).exp();
    return e.div(e.sum({ axis: axes, keepDims: true }));
  },
});

/**
 * eˣ / Σ eˣ along `axis` (default: the last): positive numbers that sum to 1. Any finite x is safe.
 * Throws `DTypeError` for integers, `ShapeError` for an axis that is none.
 *
 * @example
 * softmax(logits, 1)         // [N, classes], or [N, classes, H, W]
 * softmax(scores, [2, 3])    // [N, C, H, W]: a distribution over each plane
 */
export function softmax(x: Tensor, options?: AxisOptions | Axes): Tensor {
  return softmaxOp.apply([x], { axes: readAxes("softmax", x, options) });
}
