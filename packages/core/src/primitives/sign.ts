/** Sign of each element. */

import { scalarNode } from "../graph/leaves.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// Constant on both sides of its jump: x̄ = 0, as in PyTorch.
export const signOp = elementwise<Record<never, never>>({
  name: "sign",
  inputNames: ["x"],
  accepts: "number",
  expression: (e, [x]) => e.unary("sign", x as number),
  vjp: ({ dy }) => [scalarNode(0, dy.dtype).broadcastTo(dy.shape)],
});

/** −1, 0 or 1, elementwise; NaN stays NaN. Its gradient is zero everywhere. */
export function sign(x: Tensor): Tensor {
  return signOp.apply([x], {});
}
