/** Elementwise logical and. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

export const logicalAndOp = elementwise<Record<never, never>>({
  name: "logicalAnd",
  inputNames: ["a", "b"],
  accepts: "bool",
  expression: (e, [a, b]) => e.binary("and", a as number, b as number),
  vjp: notDifferentiable("logic gives true or false"),
});

/** `a and b`, elementwise, of bool tensors. Shapes broadcast. */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  return logicalAndOp.apply([a, b], {});
}
