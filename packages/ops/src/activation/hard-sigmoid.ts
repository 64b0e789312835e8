/** Piecewise linear sigmoid: min(max(x + 3, 0), 6) / 6 (A. Howard et al., "Searching for MobileNetV3", 2019). */

import { elementwise, type Tensor } from "@prewitt/core";

// x̄ = ȳ / 6 where −3 < x < 3, else 0: at both kinks 0, as in PyTorch.
export const hardSigmoidOp = elementwise<Record<never, never>>({
  name: "hardSigmoid",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    const c = (value: number): number => e.const(value, e.dtypeOf(x));
    return e.binary("div", e.binary("min", e.binary("max", e.binary("add", x, c(3)), c(0)), c(6)), c(6));
  },
  vjp: ({ inputs, dy }) => {
    const [x] = inputs as readonly [Tensor];
    return [x.lessEqual(-3).logicalOr(x.greaterEqual(3)).where(0, dy.div(6))];
  },
});

/** min(max(x + 3, 0), 6) / 6, elementwise, of floats; NaN stays NaN. The gradient at ±3 is 0. */
export function hardSigmoid(x: Tensor): Tensor {
  return hardSigmoidOp.apply([x], {});
}
