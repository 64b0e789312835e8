/** Square. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = x²: x̄ = 2xȳ.
export const squareOp = elementwise<Record<never, never>>({
  name: "square",
  inputNames: ["x"],
  accepts: "number",
  expression: (e, [x]) => e.binary("mul", x as number, x as number),
  vjp: ({ inputs: [x], dy }) => [dy.mul(2).mul(x as Tensor)],
});

/** x², elementwise. */
export function square(x: Tensor): Tensor {
  return squareOp.apply([x], {});
}
