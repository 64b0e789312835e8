/** Softplus: log(1 + eˣ), a smooth relu. */

import { elementwise, type Tensor } from "@prewitt/core";

// log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|): the exponent never overflows, and log1p keeps small results exact.
// x̄ = ȳ · σ(x). Derived from the form above, the gradient would be wrong at the kink of |x|: ½ there, but by luck only.
export const softplusOp = elementwise<Record<never, never>>({
  name: "softplus",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    const tail = e.unary("log1p", e.unary("exp", e.unary("neg", e.unary("abs", x))));
    return e.binary("add", e.binary("max", x, e.const(0, e.dtypeOf(x))), tail);
  },
  vjp: ({ inputs: [x], dy }) => [dy.mul((x as Tensor).sigmoid())],
});

/** log(1 + eˣ), elementwise, exact to rounding for every x; its gradient is the sigmoid. */
export function softplus(x: Tensor): Tensor {
  return softplusOp.apply([x], {});
}
