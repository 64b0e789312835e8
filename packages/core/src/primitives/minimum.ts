/** Elementwise minimum. */

import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

// z = min(a, b): the cotangent goes wholly to the operand that was taken, at ties to the first.
export const minimumOp = elementwise<Record<never, never>>({
  name: "minimum",
  inputNames: ["a", "b"],
  accepts: "number",
  expression: (e, [a, b]) => e.binary("min", a as number, b as number),
  vjp: ({ inputs: [a, b], dy, needs }) => {
    const second = (a as Tensor).greater(b as Tensor);
    return [needs(0) ? second.where(0, dy) : null, needs(1) ? second.where(dy, 0) : null];
  },
});

/** The lesser of `a` and `b`, elementwise; NaN if either is. At ties the whole gradient goes to `a`. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return minimumOp.apply(operands("minimum", a, b), {});
}
