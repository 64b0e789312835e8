/** Error function. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = 2/√π ∫₀ˣ e^(−t²) dt: x̄ = ȳ · 2/√π · e^(−x²).
export const erfOp = elementwise<Record<never, never>>({
  name: "erf",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("erf", x as number),
  vjp: ({ inputs: [x], dy }) => [dy.mul((x as Tensor).square().neg().exp()).mul(2 / Math.sqrt(Math.PI))],
});

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt, elementwise. */
export function erf(x: Tensor): Tensor {
  return erfOp.apply([x], {});
}
