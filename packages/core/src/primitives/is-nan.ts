/** Elementwise test for NaN. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

export const isNaNOp = elementwise<Record<never, never>>({
  name: "isNaN",
  inputNames: ["x"],
  accepts: "float",
  result: () => "bool",
  expression: (e, [x]) => e.unary("isNaN", x as number),
  vjp: notDifferentiable("a test gives true or false"),
});

/** Whether each element is NaN, as bool. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name it has in every array library
export function isNaN(x: Tensor): Tensor {
  return isNaNOp.apply([x], {});
}
