/** Logistic function. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = 1 / (1 + e⁻ˣ): x̄ = ȳ · y · (1 − y). Through y nothing overflows, whatever x is.
export const sigmoidOp = elementwise<Record<never, never>>({
  name: "sigmoid",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("sigmoid", x as number),
  vjp: ({ outputs: [y], dy }) => {
    const p = y as Tensor;
    return [dy.mul(p).mul(p.neg().add(1))];
  },
});

/** 1 / (1 + e⁻ˣ), elementwise, in [0, 1]. */
export function sigmoid(x: Tensor): Tensor {
  return sigmoidOp.apply([x], {});
}
