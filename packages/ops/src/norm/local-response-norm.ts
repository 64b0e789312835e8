/**
 * Local response normalisation: each element divided by the energy of its neighbours along the channels (A. Krizhevsky,
 * I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural networks", NIPS 2012), as PyTorch
 * has it:
 *
 *   y[c] = x[c] · d[c]^−β,   d[c] = k + α / size · Σ_{i = c − ⌊size / 2⌋ … c + ⌊(size − 1) / 2⌋, inside} x[i]²
 *
 * With W the sum over a window and Wᵀ that over the mirrored one,
 *   x̄ = ȳ d^−β − 2 (α / size) β x · Wᵀ(ȳ x d^(−β − 1)).
 */

import {
  type Attributes,
  checkOptions,
  defineOp,
  type Op,
  type SliceRange,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { channelAxes, demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { show } from "../window/options.ts";

interface LocalResponseAttributes extends Attributes {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/** Σ over channels c − before … c + after, those outside counting 0. */
function windowSum(x: Tensor, before: number, after: number): Tensor {
  const channels = x.shape[1] as number;
  const padded = x.pad(x.shape.map((_, axis) => (axis === 1 ? [before, after] : [0, 0])));
  const shifted = Array.from({ length: before + after + 1 }, (_, i) =>
    padded.slice(...x.shape.map((_, axis): SliceRange => (axis === 1 ? [i, i + channels] : null))),
  );
  return shifted.reduce((sum, part) => sum.add(part));
}

function denominator(x: Tensor, { size, alpha, k }: LocalResponseAttributes): Tensor {
  return windowSum(x.square(), Math.floor(size / 2), Math.floor((size - 1) / 2))
    .mul(alpha / size)
    .add(k);
}

export const localResponseNormOp: Op<LocalResponseAttributes> = defineOp<LocalResponseAttributes>({
  name: "localResponseNorm",
  inputNames: ["x"],
  infer: ({ inputs }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    demandFloat(problems, "x", x);
    if (x.shape.length < 2) {
      problems.shape({
        summary: "x must have the axes [N, C, …]",
        detail: `x has rank ${x.shape.length}`,
        fix: x.shape.length === 1 ? "x.unsqueeze(0) for a batch of one" : "give x the axes [N, C, H, W]",
      });
    }
    problems.throw([named("x", x, channelAxes(x.shape.length))]);
    return { shape: x.shape, dtype: x.dtype };
  },
  flops: ({ inputs: [x], attributes: { size } }) => (size + 5) * sizeOf((x as TensorSpec).shape),
  vjp: ({ inputs, dy, attributes }) => {
    const [x] = inputs as readonly [Tensor];
    const { size, alpha, beta } = attributes;
    const d = denominator(x, attributes);
    const spread = windowSum(dy.mul(x).mul(d.pow(-beta - 1)), Math.floor((size - 1) / 2), Math.floor(size / 2));
    return [dy.mul(d.pow(-beta)).sub(x.mul(spread).mul((2 * alpha * beta) / size))];
  },
  expand: ([x], attributes) => (x as Tensor).mul(denominator(x as Tensor, attributes).pow(-attributes.beta)),
});

export interface LocalResponseNormOptions {
  /** Channels of a window. */
  readonly size: number;
  /** Weight of the mean energy. Default 1e-4. */
  readonly alpha?: number | undefined;
  /** Exponent. Default 0.75. */
  readonly beta?: number | undefined;
  /** Added to the energy. Default 1. */
  readonly k?: number | undefined;
}

/**
 * Divides `x` [N, C, …] (float) by (k + alpha · mean of x² over `size` neighbouring channels)^beta. Throws `ShapeError` below
 * rank 2, `DTypeError`, `OptionError`.
 *
 * @example localResponseNorm(x, { size: 5, k: 2 }) // AlexNet's, [N, 96, 55, 55]
 */
export function localResponseNorm(x: Tensor, options: LocalResponseNormOptions): Tensor {
  checkOptions("localResponseNorm", options, ["size", "alpha", "beta", "k"]);
  const problems = new Problems();
  const { size, alpha = 1e-4, beta = 0.75, k = 1 } = options ?? {};
  if (!Number.isSafeInteger(size) || size < 1) {
    problems.option({
      summary: "size must be a positive integer",
      detail: `size is ${show(size)}`,
      fix: "write size: 5",
    });
  }
  for (const [name, value] of Object.entries({ alpha, beta, k })) {
    if (Number.isFinite(value)) continue;
    problems.option({
      summary: `${name} must be a number`,
      detail: `${name} is ${show(value)}`,
      fix: `leave ${name} out`,
    });
  }
  problems.throwFrom("localResponseNorm", [named("x", x, channelAxes(x.rank))]);
  return localResponseNormOp.apply([x], { size, alpha, beta, k });
}
