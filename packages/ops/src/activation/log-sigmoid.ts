/** Logarithm of the logistic function. */

import { elementwise, type Tensor } from "@prewitt/core";

// log σ(x) = −log(1 + e^−x) = min(x, 0) − log(1 + e^−|x|): finite wherever x is. x̄ = ȳ · (1 − σ(x)) = ȳ · σ(−x), which
// keeps its digits where σ(x) rounds to 1.
export const logSigmoidOp = elementwise<Record<never, never>>({
  name: "logSigmoid",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    const tail = e.unary("log1p", e.unary("exp", e.unary("neg", e.unary("abs", x))));
    return e.binary("sub", e.binary("min", x, e.const(0, e.dtypeOf(x))), tail);
  },
  vjp: ({ inputs: [x], dy }) => [dy.mul((x as Tensor).neg().sigmoid())],
});

/** log(1 / (1 + e⁻ˣ)), elementwise, exact to rounding for every x. */
export function logSigmoid(x: Tensor): Tensor {
  return logSigmoidOp.apply([x], {});
}
