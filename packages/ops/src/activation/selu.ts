/**
 * Scaled exponential linear unit: s x where x > 0, s α (eˣ − 1) elsewhere, with s and α such that zero mean and unit variance
 * are a fixed point (G. Klambauer et al., "Self-normalizing neural networks", NIPS 2017).
 */

import { elementwise, type Tensor } from "@prewitt/core";

const ALPHA = 1.6732632423543772;
const SCALE = 1.0507009873554805;

// x̄ = s ȳ where x > 0, else s α ȳ eˣ (at 0 too, as in PyTorch). The exponential is that of min(x, 0), see elu.
export const seluOp = elementwise<Record<never, never>>({
  name: "selu",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, args) => {
    const [x] = args as readonly [number];
    const c = (value: number): number => e.const(value, e.dtypeOf(x));
    const negative = e.binary("mul", c(SCALE * ALPHA), e.unary("expm1", x));
    return e.select(e.binary("gt", x, c(0)), e.binary("mul", c(SCALE), x), negative);
  },
  vjp: ({ inputs, dy }) => {
    const [x] = inputs as readonly [Tensor];
    const slope = x
      .minimum(0)
      .exp()
      .mul(SCALE * ALPHA);
    return [x.greater(0).where(dy.mul(SCALE), dy.mul(slope))];
  },
});

/** 1.0507 · x where x > 0, 1.7581 · (eˣ − 1) elsewhere, elementwise, of floats. The gradient at 0 is 1.7581. */
export function selu(x: Tensor): Tensor {
  return seluOp.apply([x], {});
}
