/** x / (1 + |x|). */

import { elementwise, type Tensor } from "@prewitt/core";

// x̄ = ȳ / (1 + |x|)².
export const softsignOp = elementwise<Record<never, never>>({
  name: "softsign",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    return e.binary("div", x, e.binary("add", e.const(1, e.dtypeOf(x)), e.unary("abs", x)));
  },
  vjp: ({ inputs, dy }) => {
    const [x] = inputs as readonly [Tensor];
    return [dy.div(x.abs().add(1).square())];
  },
});

/** x / (1 + |x|), elementwise, of floats: between −1 and 1, with slower tails than tanh. */
export function softsign(x: Tensor): Tensor {
  return softsignOp.apply([x], {});
}
