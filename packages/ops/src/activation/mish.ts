/** x · tanh(log(1 + eˣ)) (D. Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020). */

import { elementwise, type Tensor } from "@prewitt/core";
import { softplus } from "./softplus.ts";

// With t = tanh(softplus x) and softplus' = σ: x̄ = ȳ (t + x σ(x) (1 − t²)). Softplus is max(x, 0) + log(1 + e^−|x|), which
// does not overflow.
export const mishOp = elementwise<Record<never, never>>({
  name: "mish",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    const tail = e.unary("log1p", e.unary("exp", e.unary("neg", e.unary("abs", x))));
    const rise = e.binary("add", e.binary("max", x, e.const(0, e.dtypeOf(x))), tail);
    return e.binary("mul", x, e.unary("tanh", rise));
  },
  vjp: ({ inputs, dy }) => {
    const [x] = inputs as readonly [Tensor];
    const t = softplus(x).tanh();
    return [dy.mul(t.add(x.mul(x.sigmoid()).mul(t.square().neg().add(1))))];
  },
});

/** x · tanh(log(1 + eˣ)), elementwise, of floats. */
export function mish(x: Tensor): Tensor {
  return mishOp.apply([x], {});
}
