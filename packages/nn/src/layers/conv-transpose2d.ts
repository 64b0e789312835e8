/**
 * Transposed convolution of images: [N, in, H, W] → [N, out, H', W'], weight [in, out / groups, KH, KW], bias [out], with
 * H' = (H − 1) · stride − padding + dilation · (KH − 1) + 1 + outputPadding, as PyTorch's ConvTranspose2d.
 */

import { checkOptions, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { convTranspose2d, type PaddingOption, type PairOption } from "@prewitt/ops";
import { type Initializer, kaimingUniform } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { biasInitializer, convChannels, demandConvChannels, describeConv } from "./conv-options.ts";
import { demandPair } from "./sizes.ts";

export interface ConvTranspose2dLayerOptions {
  /** Output channels. */
  readonly out: number;
  /** Height and width of the filters, a number or `[vertical, horizontal]`. */
  readonly kernel: PairOption;
  /** Input channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Factor by which the image grows. Default 1. */
  readonly stride?: PairOption | undefined;
  /** What is cut off from the result: a number, `[vertical, horizontal]` or `[[top, bottom], [left, right]]`. Default 0. */
  readonly padding?: Exclude<PaddingOption, "same"> | undefined;
  /** Rows and columns added at the bottom and the right, fewer than the stride. Default 0. */
  readonly outputPadding?: PairOption | undefined;
  /** Distance between the cells of a filter. Default 1. */
  readonly dilation?: PairOption | undefined;
  /** Groups of channels that are convolved by themselves. Default 1. */
  readonly groups?: number | undefined;
  /** Whether a bias is added to each output channel. Default true. */
  readonly bias?: boolean | undefined;
  /** Default: as in PyTorch, uniform in ±1/√(out / groups · KH · KW). */
  readonly weightInitializer?: Initializer | undefined;
  /** Default: uniform in the same bounds. */
  readonly biasInitializer?: Initializer | undefined;
}

const KNOWN = [
  "out",
  "kernel",
  "in",
  "stride",
  "padding",
  "outputPadding",
  "dilation",
  "groups",
  "bias",
  "weightInitializer",
  "biasInitializer",
] as const;
const OP = "ConvTranspose2d";
const EXAMPLE = "new ConvTranspose2d({ out: 32, kernel: 2, stride: 2 })";

/**
 * A learned enlargement of images: the input gradient of `Conv2d` with the same options.
 *
 * @example new ConvTranspose2d({ out: 64, kernel: 2, stride: 2 }) // [N, C, 14, 14] → [N, 64, 28, 28]
 */
export class ConvTranspose2d extends Module {
  weight!: Variable;
  bias: Variable | undefined;
  readonly options: ConvTranspose2dLayerOptions;

  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: ConvTranspose2dLayerOptions) {
    super();
    checkOptions(OP, options, KNOWN, OTHER_NAMES);
    demandConvChannels(OP, options, EXAMPLE);
    demandPair(OP, "kernel", options.kernel, EXAMPLE);
    this.options = options;
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { options } = this;
    const { out, groups = 1 } = options;
    const channels = convChannels(OP, options, inputs);
    const [h, w] = demandPair(OP, "kernel", options.kernel, EXAMPLE);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    // PyTorch takes the second axis of the weight for the fan-in of both, transposed or not.
    const bound = 1 / Math.sqrt((out / groups) * h * w);
    const weightInitializer = options.weightInitializer ?? kaimingUniform({ negativeSlope: Math.sqrt(5) });
    this.weight = this.parameter("weight", [channels, out / groups, h, w], weightInitializer, dtype);
    if (options.bias === false) return;
    this.bias = this.parameter("bias", [out], options.biasInitializer ?? biasInitializer(bound), dtype);
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, outputPadding, dilation, groups } = this.options;
    const bias = this.bias?.read();
    return convTranspose2d(x, this.weight.read(), { stride, padding, outputPadding, dilation, groups, bias });
  }

  override describe(): string {
    const { stride, padding, outputPadding, dilation, groups } = this.options;
    return describeConv(this.weight?.shape[0], this.options, { stride, padding, outputPadding, dilation, groups });
  }
}
