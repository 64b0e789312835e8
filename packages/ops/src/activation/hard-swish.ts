/** Piecewise quadratic swish: x · min(max(x + 3, 0), 6) / 6 (A. Howard et al., "Searching for MobileNetV3", 2019). */

import { elementwise, type Tensor } from "@prewitt/core";

// x̄ = 0 where x < −3, ȳ where x > 3, ȳ (x / 3 + ½) between and at the kinks: −½ ȳ at −3, 1½ ȳ at 3, as in PyTorch.
export const hardSwishOp = elementwise<Record<never, never>>({
  name: "hardSwish",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    const c = (value: number): number => e.const(value, e.dtypeOf(x));
    const gate = e.binary("min", e.binary("max", e.binary("add", x, c(3)), c(0)), c(6));
    return e.binary("div", e.binary("mul", x, gate), c(6));
  },
  vjp: ({ inputs, dy }) => {
    const [x] = inputs as readonly [Tensor];
    const between = dy.mul(x.div(3).add(0.5));
    return [x.less(-3).where(0, x.greater(3).where(dy, between))];
  },
});

/** x · min(max(x + 3, 0), 6) / 6, elementwise, of floats. The gradient at −3 is −½, at 3 it is 1½. */
export function hardSwish(x: Tensor): Tensor {
  return hardSwishOp.apply([x], {});
}
