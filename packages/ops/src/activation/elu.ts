/**
 * Exponential linear unit: x where x > 0, α (eˣ − 1) elsewhere (D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and
 * accurate deep network learning by exponential linear units", ICLR 2016).
 */

import { checkOptions, elementwise, operand, type Tensor, type TensorLike } from "@prewitt/core";

// x̄ = ȳ where x > 0, else ȳ α eˣ (at 0: α, as in PyTorch); ᾱ = Σ over the elements with x ≤ 0 of ȳ (eˣ − 1). The exponential is
// taken of min(x, 0), so that it is finite in the branch that is not taken, and stays so in its own derivative.
export const eluOp = elementwise<Record<never, never>>({
  name: "elu",
  inputNames: ["x", "alpha"],
  accepts: "float",
  expression: (e, args) => {
    const [x, alpha] = args as readonly [number, number];
    const positive = e.binary("gt", x, e.const(0, e.dtypeOf(x)));
    return e.select(positive, x, e.binary("mul", alpha, e.unary("expm1", x)));
  },
  vjp: ({ inputs, dy, needs }) => {
    const [x, alpha] = inputs as readonly [Tensor, Tensor];
    const positive = x.greater(0);
    return [
      needs(0) ? positive.where(dy, dy.mul(alpha).mul(x.minimum(0).exp())) : null,
      needs(1) ? positive.where(0, dy.mul(x.minimum(0).expm1())) : null,
    ];
  },
});

export interface EluOptions {
  /** Minus the limit for x → −∞: a number, or a tensor that broadcasts against x. Default 1. */
  readonly alpha?: TensorLike | undefined;
}

/**
 * `x` where x > 0, `alpha` · (eˣ − 1) elsewhere, elementwise, of floats. The gradient at 0 is `alpha`.
 *
 * @example elu(x, { alpha: 0.5 })
 */
export function elu(x: Tensor, options: EluOptions = {}): Tensor {
  checkOptions("elu", options, ["alpha"]);
  return eluOp.apply([x, operand("elu", 1, options.alpha ?? 1, x)], {});
}
