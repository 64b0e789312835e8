/** Hyperbolic tangent. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = tanh x: x̄ = ȳ · (1 − y²).
export const tanhOp = elementwise<Record<never, never>>({
  name: "tanh",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("tanh", x as number),
  vjp: ({ outputs: [y], dy }) => [dy.sub(dy.mul((y as Tensor).square()))],
});

/** tanh x, elementwise, in [−1, 1]. */
export function tanh(x: Tensor): Tensor {
  return tanhOp.apply([x], {});
}
