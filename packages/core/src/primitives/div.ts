/** Elementwise quotient. */

import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

// z = a / b: ā = z̄ / b, b̄ = −z̄ · a / b² = −z̄ · z / b.
export const divOp = elementwise<Record<never, never>>({
  name: "div",
  inputNames: ["a", "b"],
  accepts: "float",
  expression: (e, [a, b]) => e.binary("div", a as number, b as number),
  vjp: ({ inputs, outputs: [z], dy, needs }) => {
    const b = inputs[1] as Tensor;
    return [
      needs(0) ? dy.div(b) : null,
      needs(1)
        ? dy
            .mul(z as Tensor)
            .div(b)
            .neg()
        : null,
    ];
  },
});

/** `a / b`, elementwise. Shapes broadcast; dtypes must be equal. Integers are rejected with `DTypeError`: cast first. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return divOp.apply(operands("div", a, b), {});
}
