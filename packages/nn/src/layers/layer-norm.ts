/**
 * Layer normalisation: each sample over some of its axes, weight and bias with the extents of those (J. L. Ba, J. R. Kiros,
 * G. E. Hinton, "Layer normalization", 2016). PyTorch's `LayerNorm(normalized_shape)` is over the last axes.
 */

import {
  type Axes,
  checkOptions,
  type DType,
  type Shape,
  type Tensor,
  type TensorSpec,
  type Variable,
} from "@prewitt/core";
import { layerNorm } from "@prewitt/ops";
import { ones, zeros } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { demandEps, demandInput } from "./norm-options.ts";
import { optionText } from "./sizes.ts";

export interface LayerNormLayerOptions {
  /** Axes to normalise over: one, or several. Default −1, the last; 1 is the channels of images at each pixel. */
  readonly axis?: Axes | undefined;
  /** Added to the variance under the root. Default 1e-5. */
  readonly eps?: number | undefined;
  /** Whether a learned scale and shift follow. Default true. */
  readonly affine?: boolean | undefined;
}

/**
 * Normalises each sample over `axis`; the extents of these axes are found by `init`.
 *
 * @example
 * new LayerNorm({ axis: [1, 2, 3] }) // images [N, C, H, W] as a whole; weight [C, H, W]
 * new LayerNorm({ axis: 1 })         // over the channels at each pixel; weight [C]
 */
export class LayerNorm extends Module {
  weight: Variable | undefined;
  bias: Variable | undefined;
  readonly options: LayerNormLayerOptions;

  /** Throws `OptionError` for unknown options and an eps that is not positive. */
  constructor(options: LayerNormLayerOptions = {}) {
    super();
    checkOptions("LayerNorm", options, ["axis", "eps", "affine"], OTHER_NAMES);
    demandEps("LayerNorm", options.eps);
    this.options = options;
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    if (this.options.affine === false) return;
    const x = demandInput("LayerNorm", "the extents of the normalised axes are not known", inputs);
    const shape = this.#extents(x);
    this.weight = this.parameter("weight", shape, ones(), x.dtype);
    this.bias = this.parameter("bias", shape, zeros(), x.dtype);
  }

  /** Of the normalised axes in rising order; the op checks that there are such axes. */
  #extents({ shape }: { readonly shape: Shape; readonly dtype: DType }): Shape {
    const { axis = -1 } = this.options;
    const axes = (typeof axis === "number" ? [axis] : [...axis]).map((a) => (a < 0 ? a + shape.length : a));
    return [...new Set(axes)].sort((a, b) => a - b).map((a) => shape[a] ?? 1);
  }

  forward(x: Tensor): Tensor {
    const { axis, eps } = this.options;
    return layerNorm(x, { axis, eps, weight: this.weight?.read(), bias: this.bias?.read() });
  }

  override describe(): string {
    const { axis = -1, eps, affine } = this.options;
    const parts = [`axis ${optionText(axis)}`];
    if (eps !== undefined) parts.push(`eps ${eps}`);
    if (affine === false) parts.push("not affine");
    return parts.join(", ");
  }
}
