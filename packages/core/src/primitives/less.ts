/** Elementwise less-than. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

export const lessOp = elementwise<Record<never, never>>({
  name: "less",
  inputNames: ["a", "b"],
  accepts: "number",
  result: () => "bool",
  expression: (e, [a, b]) => e.binary("lt", a as number, b as number),
  vjp: notDifferentiable("a comparison gives true or false"),
});

/** `a < b`, elementwise, as bool. Shapes broadcast; dtypes must be equal. False where either is NaN. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return lessOp.apply(operands("less", a, b), {});
}
