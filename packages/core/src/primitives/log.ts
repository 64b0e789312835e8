/** Natural logarithm. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = ln x: x̄ = ȳ / x.
export const logOp = elementwise<Record<never, never>>({
  name: "log",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("log", x as number),
  vjp: ({ inputs: [x], dy }) => [dy.div(x as Tensor)],
});

/** ln x, elementwise: −∞ at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return logOp.apply([x], {});
}
