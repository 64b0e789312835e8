/** Rounding down. */

import { scalarNode } from "../graph/leaves.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// Constant between its jumps: x̄ = 0, as in PyTorch.
export const floorOp = elementwise<Record<never, never>>({
  name: "floor",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("floor", x as number),
  vjp: ({ dy }) => [scalarNode(0, dy.dtype).broadcastTo(dy.shape)],
});

/** The greatest integer that is not above x, elementwise. Its gradient is zero everywhere. */
export function floor(x: Tensor): Tensor {
  return floorOp.apply([x], {});
}
