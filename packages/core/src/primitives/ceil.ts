/** Rounding up. */

import { scalarNode } from "../graph/leaves.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// Constant between its jumps: x̄ = 0, as in PyTorch.
export const ceilOp = elementwise<Record<never, never>>({
  name: "ceil",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("ceil", x as number),
  vjp: ({ dy }) => [scalarNode(0, dy.dtype).broadcastTo(dy.shape)],
});

/** The least integer that is not below x, elementwise. Its gradient is zero everywhere. */
export function ceil(x: Tensor): Tensor {
  return ceilOp.apply([x], {});
}
