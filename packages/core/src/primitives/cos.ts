/** Cosine. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = cos x: x̄ = −ȳ · sin x.
export const cosOp = elementwise<Record<never, never>>({
  name: "cos",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("cos", x as number),
  vjp: ({ inputs: [x], dy }) => [dy.mul((x as Tensor).sin()).neg()],
});

/** cos x, elementwise, x in radians. */
export function cos(x: Tensor): Tensor {
  return cosOp.apply([x], {});
}
