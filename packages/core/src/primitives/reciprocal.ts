/** Reciprocal. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = 1/x: x̄ = −ȳ · y².
export const reciprocalOp = elementwise<Record<never, never>>({
  name: "reciprocal",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("reciprocal", x as number),
  vjp: ({ outputs: [y], dy }) => [dy.mul((y as Tensor).square()).neg()],
});

/** 1/x, elementwise. */
export function reciprocal(x: Tensor): Tensor {
  return reciprocalOp.apply([x], {});
}
