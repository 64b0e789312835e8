/** Sine. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = sin x: x̄ = ȳ · cos x.
export const sinOp = elementwise<Record<never, never>>({
  name: "sin",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("sin", x as number),
  vjp: ({ inputs: [x], dy }) => [dy.mul((x as Tensor).cos())],
});

/** sin x, elementwise, x in radians. */
export function sin(x: Tensor): Tensor {
  return sinOp.apply([x], {});
}
