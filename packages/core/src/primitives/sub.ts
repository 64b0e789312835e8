/** Elementwise difference. */

import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

// z = a − b: ā = z̄, b̄ = −z̄.
export const subOp = elementwise<Record<never, never>>({
  name: "sub",
  inputNames: ["a", "b"],
  accepts: "number",
  expression: (e, [a, b]) => e.binary("sub", a as number, b as number),
  vjp: ({ dy, needs }) => [dy, needs(1) ? dy.neg() : null],
});

/** `a − b`, elementwise. Shapes broadcast; dtypes must be equal. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return subOp.apply(operands("sub", a, b), {});
}
