/** Absolute value. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = |x|: x̄ = ȳ · sign(x). sign(0) = 0 is the subgradient taken at the kink.
export const absOp = elementwise<Record<never, never>>({
  name: "abs",
  inputNames: ["x"],
  accepts: "number",
  expression: (e, [x]) => e.unary("abs", x as number),
  vjp: ({ inputs: [x], dy }) => [dy.mul((x as Tensor).sign())],
});

/** |x|, elementwise. Its gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return absOp.apply([x], {});
}
