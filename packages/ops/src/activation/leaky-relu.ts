/** Rectified linear unit with a slope for negative x. */

import { checkOptions, elementwise, operand, type Tensor, type TensorLike } from "@prewitt/core";

// y = x where x > 0, else a·x: x̄ = ȳ or a·ȳ (at 0: a), ā = Σ over the elements with x ≤ 0 of x·ȳ (the engine sums).
export const leakyReluOp = elementwise<Record<never, never>>({
  name: "leakyRelu",
  inputNames: ["x", "negativeSlope"],
  accepts: "float",
  expression: (e, args) => {
    const [x, slope] = args as readonly [number, number];
    const positive = e.binary("gt", x, e.const(0, e.dtypeOf(x)));
    return e.select(positive, x, e.binary("mul", x, slope));
  },
  vjp: ({ inputs, dy, needs }) => {
    const [x, slope] = inputs as readonly [Tensor, Tensor];
    const positive = x.greater(0);
    return [needs(0) ? positive.where(dy, dy.mul(slope)) : null, needs(1) ? positive.where(0, dy.mul(x)) : null];
  },
});

export interface LeakyReluOptions {
  /** Slope for x ≤ 0: a number, or a tensor that broadcasts against x (a learned slope, as in PReLU). Default 0.01. */
  readonly negativeSlope?: TensorLike | undefined;
}

/**
 * `x` where x > 0, `negativeSlope · x` elsewhere. The gradient at 0 is the slope.
 *
 * @example leakyRelu(x, { negativeSlope: slopes.reshape([1, 64, 1, 1]) })
 */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  checkOptions("leakyRelu", options, ["negativeSlope"]);
  return leakyReluOp.apply([x, operand("leakyRelu", 1, options.negativeSlope ?? 0.01, x)], {});
}
