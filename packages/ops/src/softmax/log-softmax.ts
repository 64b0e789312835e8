/** Logarithm of the softmax along an axis, or over several together. */

import { type Axes, defineOp, type Tensor } from "@prewitt/core";
import { type AxisOptions, readAxes } from "./axis.ts";
import { inferSoftmax, type SoftmaxAttributes } from "./softmax.ts";

// y_i = x_i − log Σ_k e^{x_k}, ∂y_k/∂x_i = [i = k] − softmax(x)_i: x̄_i = ȳ_i − e^{y_i} Σ_k ȳ_k.
// With m = max x: y = (x − m) − log Σ e^{x − m}, where the sum is at least 1, so its logarithm is finite and at least 0.
export const logSoftmaxOp = defineOp<SoftmaxAttributes>({
  name: "logSoftmax",
  inputNames: ["x"],
  infer: ({ inputs }) => inferSoftmax(inputs),
  vjp: ({ outputs: [y], dy, attributes: { axes } }) => [
    dy.sub((y as Tensor).exp().mul(dy.sum({ axis: axes, keepDims: true }))),
  ],
  expand: ([x], { axes }) => {
    const t = x as Tensor;
    const z = t.sub(t.max({ axis: axes, keepDims: true }));
    return z.sub(z.exp().sum({ axis: axes, keepDims: true }).log());
  },
});

/**
 * log(eˣ / Σ eˣ) along `axis` (default: the last), finite for any finite x.
 * Throws `DTypeError` for integers, `ShapeError` for an axis that is none.
 *
 * @example logSoftmax(logits, 1)
 */
export function logSoftmax(x: Tensor, options?: AxisOptions | Axes): Tensor {
  return logSoftmaxOp.apply([x], { axes: readAxes("logSoftmax", x, options) });
}
