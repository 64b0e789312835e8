/** Square root. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = √x: x̄ = ȳ / (2y). At 0 this is ∞, as IEEE arithmetic has it (0/0 = NaN for a zero cotangent).
export const sqrtOp = elementwise<Record<never, never>>({
  name: "sqrt",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("sqrt", x as number),
  vjp: ({ outputs: [y], dy }) => [dy.mul(0.5).div(y as Tensor)],
});

/** √x, elementwise, NaN below 0. Its gradient at 0 is ∞: to leave zeros out, put a `where` around the input too. */
export function sqrt(x: Tensor): Tensor {
  return sqrtOp.apply([x], {});
}
