/** Logarithm of a sum of exponentials over axes: a smooth maximum. */

import {
  type Attributes,
  type Axes,
  defineOp,
  type ReduceOptions,
  reducedShape,
  reduceOptions,
  resolveAxes,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { inferSoftmax, softmax } from "./softmax.ts";

interface LogSumExpAttributes extends Attributes {
  /** Rising, wrapped. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

// y = log Σ_k e^{x_k}, ∂y/∂x_i = e^{x_i} / Σ_k e^{x_k}: x̄ = ȳ softmax(x). Not e^{x − y}: next to 10⁴ the last float32 digit of y
// is worth 10⁻³, and so would be the error of the gradient.
// With m = max x: y = m + log Σ e^{x − m}. Where m is infinite, 0 stands for it, since ∞ − ∞ is NaN: a row of −∞ then gives
// log 0 = −∞, and one with a +∞ gives +∞. A row of −∞ gets a gradient of zeros.
export const logSumExpOp = defineOp<LogSumExpAttributes>({
  name: "logSumExp",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { axes, keepDims } }) => {
    const x = inferSoftmax(inputs);
    return { shape: reducedShape(x.shape, axes, keepDims), dtype: x.dtype };
  },
  flops: ({ inputs: [x] }) => 3 * (x as TensorSpec).shape.reduce((size, n) => size * n, 1),
  vjp: ({ inputs, outputs, dy, attributes: { axes } }) => {
    const [x] = inputs as readonly [Tensor];
    const shape = reducedShape(x.shape, axes, true);
    const empty = (outputs[0] as Tensor).reshape(shape).equal(Number.NEGATIVE_INFINITY);
    return [empty.where(0, dy.reshape(shape).mul(softmax(x, axes)))];
  },
  expand: ([x], { axes, keepDims }) => {
    const t = x as Tensor;
    const greatest = t.max({ axis: axes, keepDims: true });
    const level = greatest.isFinite().where(greatest, 0);
    const y = t.sub(level).exp().sum({ axis: axes, keepDims: true }).log().add(level);
    return keepDims ? y : y.reshape(reducedShape(t.shape, axes, false));
  },
});

/**
 * log Σ eˣ over `axis` (all axes when absent), without overflow. −∞ among the elements counts as 0 in the sum.
 * Throws `DTypeError` for integers, `ShapeError` over no elements.
 *
 * @example logSumExp(logits, { axis: 1, keepDims: true })
 */
export function logSumExp(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  const { axis, keepDims = false } = reduceOptions("logSumExp", options);
  return logSumExpOp.apply([x], { axes: resolveAxes("logSumExp", axis, x.shape), keepDims });
}
