/** Sigmoid linear unit (swish): x · σ(x). */

import { elementwise, type Tensor } from "@prewitt/core";

// With s = σ(x), s' = s (1 − s): x̄ = ȳ · (s + x s (1 − s)) = ȳ · s · (1 + x (1 − s)).
export const siluOp = elementwise<Record<never, never>>({
  name: "silu",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    return e.binary("mul", x, e.unary("sigmoid", x));
  },
  vjp: ({ inputs, dy }) => {
    const [x] = inputs as readonly [Tensor];
    const s = x.sigmoid();
    return [dy.mul(s.mul(x.mul(s.neg().add(1)).add(1)))];
  },
});

/** x · σ(x), elementwise. */
export function silu(x: Tensor): Tensor {
  return siluOp.apply([x], {});
}
