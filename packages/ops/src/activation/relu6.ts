/** Rectified linear unit with a ceiling: min(max(x, 0), 6) (A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010). */

import { elementwise, type Tensor } from "@prewitt/core";

// x̄ = ȳ where 0 < y < 6, else 0: at both kinks 0, as in PyTorch. Written as "not outside", so that NaN stays NaN on its way back.
export const relu6Op = elementwise<Record<never, never>>({
  name: "relu6",
  inputNames: ["x"],
  accepts: "number",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    const c = (value: number): number => e.const(value, e.dtypeOf(x));
    return e.binary("min", e.binary("max", x, c(0)), c(6));
  },
  vjp: ({ outputs, dy }) => {
    const [y] = outputs as readonly [Tensor];
    return [y.lessEqual(0).logicalOr(y.greaterEqual(6)).where(0, dy)];
  },
});

/** min(max(x, 0), 6), elementwise; NaN stays NaN. The gradient at 0 and at 6 is 0. */
export function relu6(x: Tensor): Tensor {
  return relu6Op.apply([x], {});
}
