/** Elementwise negation. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = −x: x̄ = −ȳ.
export const negOp = elementwise<Record<never, never>>({
  name: "neg",
  inputNames: ["x"],
  accepts: "number",
  expression: (e, [x]) => e.unary("neg", x as number),
  vjp: ({ dy }) => [dy.neg()],
});

/** −x, elementwise; modulo 256 for uint8. */
export function neg(x: Tensor): Tensor {
  return negOp.apply([x], {});
}
