/**
 * Gaussian error linear unit: x · Φ(x), Φ the distribution function of the standard normal (Hendrycks and Gimpel, 2016).
 *
 * "none": Φ(x) = ½ (1 + erf(x / √2)). "tanh": ½ (1 + tanh(√(2/π) (x + 0.044715 x³))), the approximation of the same paper.
 */

import {
  type Attributes,
  checkOptions,
  elementwise,
  locate,
  OptionError,
  type ScalarBuilder,
  type Tensor,
} from "@prewitt/core";
import { show } from "../window/options.ts";

interface GeluAttributes extends Attributes {
  readonly approximate: "none" | "tanh";
}

const SQRT_HALF = Math.SQRT1_2;
const INVERSE_SQRT_TAU = 1 / Math.sqrt(2 * Math.PI);
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

function exact(e: ScalarBuilder, x: number): number {
  const c = (value: number): number => e.const(value, e.dtypeOf(x));
  const twice = e.binary("add", c(1), e.unary("erf", e.binary("mul", x, c(SQRT_HALF))));
  return e.binary("mul", e.binary("mul", c(0.5), x), twice);
}

function approximation(e: ScalarBuilder, x: number): number {
  const c = (value: number): number => e.const(value, e.dtypeOf(x));
  const cubic = e.binary("add", c(1), e.binary("mul", c(CUBIC), e.binary("mul", x, x)));
  const u = e.binary("mul", e.binary("mul", c(SQRT_2_OVER_PI), x), cubic);
  return e.binary("mul", e.binary("mul", c(0.5), x), e.binary("add", c(1), e.unary("tanh", u)));
}

/** d(x Φ(x))/dx = Φ(x) + x φ(x), φ(x) = e^(−x²/2) / √(2π). */
function exactSlope(x: Tensor): Tensor {
  const phi = x.mul(SQRT_HALF).erf().add(1).mul(0.5);
  return phi.add(x.mul(x.square().mul(-0.5).exp()).mul(INVERSE_SQRT_TAU));
}

/** With t = tanh u, u = √(2/π) (x + a x³): ½ (1 + t) + ½ x (1 − t²) √(2/π) (1 + 3 a x²). */
function approximateSlope(x: Tensor): Tensor {
  const square = x.square();
  const t = x.mul(SQRT_2_OVER_PI).mul(square.mul(CUBIC).add(1)).tanh();
  const inner = square
    .mul(3 * CUBIC)
    .add(1)
    .mul(SQRT_2_OVER_PI);
  return t
    .add(1)
    .add(x.mul(t.square().neg().add(1)).mul(inner))
    .mul(0.5);
}

export const geluOp = elementwise<GeluAttributes>({
  name: "gelu",
  inputNames: ["x"],
  accepts: "float",
  expression: (e, [x], { approximate }) => (approximate === "tanh" ? approximation : exact)(e, x as number),
  vjp: ({ inputs: [x], dy, attributes: { approximate } }) => [
    dy.mul((approximate === "tanh" ? approximateSlope : exactSlope)(x as Tensor)),
  ],
});

export interface GeluOptions {
  /** "none" (default) for the error function, "tanh" for the approximation that some published networks were trained with. */
  readonly approximate?: "none" | "tanh" | undefined;
}

/** x · Φ(x), elementwise. Throws `OptionError` for another `approximate` than "none" and "tanh". */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  checkOptions("gelu", options, ["approximate"]);
  const { approximate = "none" } = options;
  if (approximate !== "none" && approximate !== "tanh") {
    throw locate(
      new OptionError({
        op: "gelu",
        summary: 'approximate must be "none" or "tanh"',
        problems: [`approximate is ${show(approximate)}`],
        fix: 'write approximate: "tanh"',
      }),
    );
  }
  return geluOp.apply([x], { approximate });
}
