/** ln(1 + x) without cancellation near 0. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = ln(1 + x): x̄ = ȳ / (1 + x).
export const log1pOp = elementwise<Record<never, never>>({
  name: "log1p",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("log1p", x as number),
  vjp: ({ inputs: [x], dy }) => [dy.div((x as Tensor).add(1))],
});

/** ln(1 + x), elementwise, exact near 0: −∞ at −1, NaN below. */
export function log1p(x: Tensor): Tensor {
  return log1pOp.apply([x], {});
}
