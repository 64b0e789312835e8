/** Elementwise logical or. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

export const logicalOrOp = elementwise<Record<never, never>>({
  name: "logicalOr",
  inputNames: ["a", "b"],
  accepts: "bool",
  expression: (e, [a, b]) => e.binary("or", a as number, b as number),
  vjp: notDifferentiable("logic gives true or false"),
});

/** `a or b`, elementwise, of bool tensors. Shapes broadcast. */
export function logicalOr(a: Tensor, b: Tensor): Tensor {
  return logicalOrOp.apply([a, b], {});
}
