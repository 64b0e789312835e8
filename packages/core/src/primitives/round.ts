/** Rounding to the nearest integer. */

import { scalarNode } from "../graph/leaves.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// Constant between its jumps: x̄ = 0, as in PyTorch.
export const roundOp = elementwise<Record<never, never>>({
  name: "round",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("round", x as number),
  vjp: ({ dy }) => [scalarNode(0, dy.dtype).broadcastTo(dy.shape)],
});

/** The nearest integer, halves to the even one (2.5 → 2), elementwise. Its gradient is zero everywhere. */
export function round(x: Tensor): Tensor {
  return roundOp.apply([x], {});
}
