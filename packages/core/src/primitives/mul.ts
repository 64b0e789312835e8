/** Elementwise product. */

import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

// z = a · b: ā = z̄ · b, b̄ = z̄ · a.
export const mulOp = elementwise<Record<never, never>>({
  name: "mul",
  inputNames: ["a", "b"],
  accepts: "number",
  expression: (e, [a, b]) => e.binary("mul", a as number, b as number),
  vjp: ({ inputs: [a, b], dy, needs }) => [
    needs(0) ? dy.mul(b as Tensor) : null,
    needs(1) ? dy.mul(a as Tensor) : null,
  ],
});

/** `a · b`, elementwise. Shapes broadcast; dtypes must be equal. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return mulOp.apply(operands("mul", a, b), {});
}
