/** Elementwise logical not. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

export const logicalNotOp = elementwise<Record<never, never>>({
  name: "logicalNot",
  inputNames: ["x"],
  accepts: "bool",
  expression: (e, [x]) => e.unary("not", x as number),
  vjp: notDifferentiable("logic gives true or false"),
});

/** `not x`, elementwise, of a bool tensor. */
export function logicalNot(x: Tensor): Tensor {
  return logicalNotOp.apply([x], {});
}
