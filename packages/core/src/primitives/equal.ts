/** Elementwise equality. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

export const equalOp = elementwise<Record<never, never>>({
  name: "equal",
  inputNames: ["a", "b"],
  accepts: "any",
  result: () => "bool",
  expression: (e, [a, b]) => e.binary("eq", a as number, b as number),
  vjp: notDifferentiable("a comparison gives true or false"),
});

/** `a = b`, elementwise, as bool. Shapes broadcast; dtypes must be equal. False where either is NaN. */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return equalOp.apply(operands("equal", a, b), {});
}
