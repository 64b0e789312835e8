/**
 * Vectors of length 1: y = x / max(‖x‖, ε) along an axis.
 *
 * With n = ‖x‖ > ε: ∂y_i/∂x_k = ([i = k] − y_i y_k)/n, so x̄ = (ȳ − y ⟨y, ȳ⟩)/n; else x̄ = ȳ/ε. The root is kept away from
 * n = 0, where its slope is infinite, so all orders are finite at the zero vector, whose y is 0.
 */

import {
  type Attributes,
  checkOptions,
  defineOp,
  resolveAxis,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { readNumber } from "../loss/number-option.ts";
import { demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";

interface NormalizeAttributes extends Attributes {
  readonly axis: number;
  readonly eps: number;
}

/** 1 / max(n, ε) with the axis kept, and where n > ε. */
function inverseLength(x: Tensor, { axis, eps }: NormalizeAttributes): { inverse: Tensor; long: Tensor } {
  const square = x.square().sum({ axis, keepDims: true });
  const long = square.greater(eps * eps);
  return { inverse: long.where(long.where(square, 1).sqrt().reciprocal(), 1 / eps), long };
}

export const l2NormalizeOp = defineOp<NormalizeAttributes>({
  name: "l2Normalize",
  inputNames: ["x"],
  infer: ({ inputs }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    demandFloat(problems, "x", x);
    problems.throw([named("x", x)]);
    return { shape: x.shape, dtype: x.dtype };
  },
  flops: ({ inputs: [x] }) => 3 * sizeOf((x as TensorSpec).shape),
  vjp: ({ inputs, outputs, dy, attributes }) => {
    const [x] = inputs as readonly [Tensor];
    const [y] = outputs as readonly [Tensor];
    const { inverse, long } = inverseLength(x, attributes);
    const along = y.mul(dy).sum({ axis: attributes.axis, keepDims: true });
    return [dy.sub(y.mul(long.where(along, 0))).mul(inverse)];
  },
  expand: ([x], attributes) => (x as Tensor).mul(inverseLength(x as Tensor, attributes).inverse),
});

export interface L2NormalizeOptions {
  /** Axis along which the vectors lie. Default 1: that of [N, D], and the channels of [N, C, H, W]. */
  readonly axis?: number | undefined;
  /** Shortest length that is divided by, above 1e-18 in float32. Default 1e-12. */
  readonly eps?: number | undefined;
}

/**
 * `x / max(‖x‖, eps)`: vectors of length 1, of the shape of `x`; the zero vector stays. Throws `ShapeError`, `DTypeError`,
 * `OptionError`.
 *
 * @example const embedding = l2Normalize(model.forward(faces));   // [N, 128]
 */
export function l2Normalize(x: Tensor, options: L2NormalizeOptions = {}): Tensor {
  checkOptions("l2Normalize", options, ["axis", "eps"]);
  const problems = new Problems();
  const eps = readNumber(problems, "eps", options.eps, 1e-12, { from: 1e-18 });
  problems.throwFrom("l2Normalize", [named("x", x)]);
  return l2NormalizeOp.apply([x], { axis: resolveAxis("l2Normalize", options.axis ?? 1, x.shape), eps });
}
