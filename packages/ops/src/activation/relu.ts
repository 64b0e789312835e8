/** Rectified linear unit: max(x, 0). */

import { elementwise, type Tensor } from "@prewitt/core";

// x̄ = ȳ where y > 0, else 0; so relu'(0) = 0. Through y rather than x, the pre-activation need not be kept for the gradient.
// Written as "not y ≤ 0", so that the cotangent passes where x is NaN, and NaN does not turn into 0 on its way back.
export const reluOp = elementwise<Record<never, never>>({
  name: "relu",
  inputNames: ["x"],
  accepts: "number",
  expression: (e, [x]) => e.binary("max", x as number, e.const(0, e.dtypeOf(x as number))),
  vjp: ({ outputs: [y], dy }) => [(y as Tensor).lessEqual(0).where(0, dy)],
});

/** max(x, 0), elementwise; NaN stays NaN. The gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return reluOp.apply([x], {});
}
