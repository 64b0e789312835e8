/** Elementwise test for finite numbers. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

export const isFiniteOp = elementwise<Record<never, never>>({
  name: "isFinite",
  inputNames: ["x"],
  accepts: "float",
  result: () => "bool",
  expression: (e, [x]) => e.unary("isFinite", x as number),
  vjp: notDifferentiable("a test gives true or false"),
});

/** Whether each element is neither NaN nor infinite, as bool. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name it has in every array library
export function isFinite(x: Tensor): Tensor {
  return isFiniteOp.apply([x], {});
}
