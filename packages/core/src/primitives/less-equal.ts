/** Elementwise less-than-or-equal. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

export const lessEqualOp = elementwise<Record<never, never>>({
  name: "lessEqual",
  inputNames: ["a", "b"],
  accepts: "number",
  result: () => "bool",
  expression: (e, [a, b]) => e.binary("le", a as number, b as number),
  vjp: notDifferentiable("a comparison gives true or false"),
});

/** `a ≤ b`, elementwise, as bool. Shapes broadcast; dtypes must be equal. False where either is NaN. */
export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return lessEqualOp.apply(operands("lessEqual", a, b), {});
}
