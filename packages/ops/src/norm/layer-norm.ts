/** Layer normalisation: standardised over some axes of each sample, then scaled by γ and shifted by β (Ba et al., 2016). */

import {
  type Attributes,
  type Axes,
  checkOptions,
  defineOp,
  derive,
  resolveAxes,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { type AffineOptions, demandAffine, readAffine, readEps } from "./affine.ts";
import { onlyAxes } from "./centred-sums.ts";
import { standardize } from "./standardize.ts";

interface LayerNormAttributes extends Attributes {
  /** Rising, wrapped. */
  readonly axes: readonly number[];
  readonly eps: number;
}

const extentsOf = (shape: Shape, axes: readonly number[]): Shape => axes.map((axis) => shape[axis] as number);

// The gradient is derived from the expansion: that of `standardize` is its own rule, and γ̄ = Σ ȳ x̂, β̄ = Σ ȳ are sums over
// the other axes, which the engine takes.
export const layerNormOp = defineOp<LayerNormAttributes>({
  name: "layerNorm",
  inputNames: ["x", "weight", "bias"],
  infer: ({ inputs, attributes: { axes } }) => {
    const [x, weight, bias] = inputs as readonly [TensorSpec, TensorSpec | undefined, TensorSpec | undefined];
    const problems = new Problems();
    demandFloat(problems, "x", x);
    const extents = extentsOf(x.shape, axes);
    if (sizeOf(extents) === 0) {
      problems.shape({
        summary: "there is nothing to normalise",
        detail: `axes [${axes.join(", ")}] have the extents [${extents.join(", ")}]`,
        fix: "normalise axes with at least one element",
      });
    }
    demandAffine(problems, { weight, bias }, x, extents, "the normalised axes");
    problems.throw([
      named("x", x),
      ...[weight, bias].flatMap((t, i) => (t === undefined ? [] : [named(i === 0 ? "weight" : "bias", t)])),
    ]);
    return { shape: x.shape, dtype: x.dtype };
  },
  flops: ({ inputs: [x] }) => 8 * sizeOf((x as TensorSpec).shape),
  vjp: derive,
  expand: (inputs, { axes, eps }) => {
    const [x, weight, bias] = inputs as readonly [Tensor, Tensor | undefined, Tensor | undefined];
    const y = standardize(x, axes, eps);
    if (weight === undefined || bias === undefined) return y;
    const shape = onlyAxes(x.shape, axes);
    return y.mul(weight.reshape(shape)).add(bias.reshape(shape));
  },
});

export interface LayerNormOptions extends AffineOptions {
  /** Axes to normalise over; −1, the last, when absent. 1 normalises over the channels of images. */
  readonly axis?: Axes | undefined;
}

/**
 * Normalises `x` (float) over `axis`, each remaining index by itself; `weight` and `bias` have the extents of those axes.
 * Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example layerNorm(x, { axis: 1, weight, bias }) // [N, C, H, W] over C, weight [C]
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  checkOptions("layerNorm", options, ["axis", "weight", "bias", "eps"]);
  const axes = resolveAxes("layerNorm", options.axis ?? -1, x.shape);
  const problems = new Problems();
  const eps = readEps(problems, options.eps);
  problems.throwFrom("layerNorm", [named("x", x)]);
  return layerNormOp.apply([x, ...readAffine(options, extentsOf(x.shape, axes))], { axes, eps });
}
