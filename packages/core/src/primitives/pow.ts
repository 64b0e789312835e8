/**
 * Power.
 *
 * y = xᵉ: x̄ = ȳ · e · xᵉ⁻¹ and ē = ȳ · y · ln x. Taken as they stand, both are NaN at x = 0 for some e:
 * - e = 0: y = 1 whatever x is, so x̄ = 0, and xᵉ⁻¹ = 0⁻¹ must not be formed;
 * - x = 0, e ≥ 0: y does not move with e (PyTorch's choice at e = 0), so ē = 0, and ln 0 must not be formed.
 * Both are kept out by a `where` around the operand, so second derivatives are finite too.
 */

import { scalarNode, scalarValue } from "../graph/leaves.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

function baseGradient(x: Tensor, exponent: Tensor, dy: Tensor): Tensor {
  const e = scalarValue(exponent);
  if (e === 0) return scalarNode(0, dy.dtype).broadcastTo(dy.shape);
  if (e === 1) return dy;
  if (e !== undefined) return dy.mul(exponent).mul(e === 2 ? x : x.pow(e - 1));
  const zero = exponent.equal(0);
  const power = x.pow(zero.where(1, exponent.sub(1)));
  return zero.where(0, dy.mul(exponent).mul(power));
}

function exponentGradient(x: Tensor, exponent: Tensor, y: Tensor, dy: Tensor): Tensor {
  const still = x.equal(0).logicalAnd(exponent.greaterEqual(0));
  return dy.mul(y).mul(still.where(1, x).log());
}

export const powOp = elementwise<Record<never, never>>({
  name: "pow",
  inputNames: ["x", "exponent"],
  accepts: "float",
  expression: (e, [x, exponent]) => e.binary("pow", x as number, exponent as number),
  vjp: ({ inputs, outputs: [y], dy, needs }) => {
    const [x, exponent] = inputs as readonly [Tensor, Tensor];
    return [
      needs(0) ? baseGradient(x, exponent, dy) : null,
      needs(1) ? exponentGradient(x, exponent, y as Tensor, dy) : null,
    ];
  },
});

/**
 * `x` to the power of `exponent`, elementwise; NaN for a negative base and a fractional exponent. Shapes broadcast.
 * x⁰ = 1 with gradient 0, also at x = 0.
 */
export function pow(x: TensorLike, exponent: TensorLike): Tensor {
  return powOp.apply(operands("pow", x, exponent), {});
}
