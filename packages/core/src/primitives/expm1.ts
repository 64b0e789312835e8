/** eˣ − 1 without cancellation near 0. */

import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

// y = eˣ − 1: x̄ = ȳ · eˣ = ȳ · (y + 1).
export const expm1Op = elementwise<Record<never, never>>({
  name: "expm1",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x]) => e.unary("expm1", x as number),
  vjp: ({ outputs: [y], dy }) => [dy.mul((y as Tensor).add(1))],
});

/** eˣ − 1, elementwise, exact near 0. */
export function expm1(x: Tensor): Tensor {
  return expm1Op.apply([x], {});
}
