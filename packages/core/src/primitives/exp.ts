/** Exponential function. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = eˣ: x̄ = ȳ · y.
export const expOp = elementwise<Record<never, never>>({
  name: "exp",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("exp", x as number),
  vjp: ({ outputs: [y], dy }) => [dy.mul(y as Tensor)],
});

/** eˣ, elementwise. */
export function exp(x: Tensor): Tensor {
  return expOp.apply([x], {});
}
