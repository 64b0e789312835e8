/** Elementwise sum. */

import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

// z = a + b: ∂z/∂a = ∂z/∂b = 1.
export const addOp = elementwise<Record<never, never>>({
  name: "add",
  inputNames: ["a", "b"],
  accepts: "number",
  expression: (e, [a, b]) => e.binary("add", a as number, b as number),
  vjp: ({ dy }) => [dy, dy],
});

/** `a + b`, elementwise. Shapes broadcast; dtypes must be equal. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return addOp.apply(operands("add", a, b), {});
}
