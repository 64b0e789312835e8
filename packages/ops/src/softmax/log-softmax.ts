/** Logarithm of the softmax along an axis. */

import { defineOp, type Tensor } from "@prewitt/core";
import { type AxisOptions, readAxis } from "./axis.ts";
import { inferSoftmax, type SoftmaxAttributes } from "./softmax.ts";

// y_i = x_i − log Σ_k e^{x_k}, ∂y_k/∂x_i = [i = k] − softmax(x)_i: x̄_i = ȳ_i − e^{y_i} Σ_k ȳ_k.
// With m = max x: y = (x − m) − log Σ e^{x − m}, where the sum is at least 1, so its logarithm is finite and at least 0.
export const logSoftmaxOp = defineOp<SoftmaxAttributes>({
  name: "logSoftmax",
  inputNames: ["x"],
  infer: ({ inputs }) => inferSoftmax(inputs),
  vjp: ({ outputs: [y], dy, attributes: { axis } }) => [
    dy.sub((y as Tensor).exp().mul(dy.sum({ axis, keepDims: true }))),
  ],
  expand: ([x], { axis }) => {
    const t = x as Tensor;
    const z = t.sub(t.max({ axis, keepDims: true }));
    return z.sub(z.exp().sum({ axis, keepDims: true }).log());
  },
});

/**
 * log(eˣ / Σ eˣ) along `axis` (default: the last), finite for any finite x.
 * Throws `DTypeError` for integers, `ShapeError` for an axis that is none.
 *
 * @example logSoftmax(logits, 1)
 */
export function logSoftmax(x: Tensor, options?: AxisOptions | number): Tensor {
  return logSoftmaxOp.apply([x], { axis: readAxis("logSoftmax", x, options) });
}
