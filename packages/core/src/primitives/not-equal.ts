/** Elementwise inequality. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

export const notEqualOp = elementwise<Record<never, never>>({
  name: "notEqual",
  inputNames: ["a", "b"],
  accepts: "any",
  result: () => "bool",
  expression: (e, [a, b]) => e.binary("ne", a as number, b as number),
  vjp: notDifferentiable("a comparison gives true or false"),
});

/** `a ≠ b`, elementwise, as bool. Shapes broadcast; dtypes must be equal. True where either is NaN. */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return notEqualOp.apply(operands("notEqual", a, b), {});
}
