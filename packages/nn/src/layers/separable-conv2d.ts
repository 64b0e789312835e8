/**
 * Depthwise separable convolution: a filter for each channel, then a 1×1 convolution across channels (F. Chollet,
 * "Xception: deep learning with depthwise separable convolutions", CVPR 2017). With k × k filters it costs about 1 / out + 1 / k² of a
 * full convolution.
 *
 * depthwise.weight [in · multiplier, 1, KH, KW], pointwise.weight [out, in · multiplier, 1, 1], pointwise.bias [out].
 */

import { checkOptions, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { conv2d, type PaddingOption, type PairOption } from "@prewitt/ops";
import { kaimingUniform } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { biasInitializer, convChannels, demandConvChannels, describeConv } from "./conv-options.ts";
import { demandPair, demandSize } from "./sizes.ts";

export interface SeparableConv2dOptions {
  /** Output channels. */
  readonly out: number;
  /** Height and width of the depthwise filters, a number or `[vertical, horizontal]`. */
  readonly kernel: PairOption;
  /** Input channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Filters for each input channel. Default 1. */
  readonly multiplier?: number | undefined;
  /** Of the depthwise convolution. Default 1. */
  readonly stride?: PairOption | undefined;
  /** Of the depthwise convolution, in one of the forms of `Conv2d`. Default 0. */
  readonly padding?: PaddingOption | undefined;
  /** Of the depthwise convolution. Default 1. */
  readonly dilation?: PairOption | undefined;
  /** Whether a bias is added to each output channel. Default true. */
  readonly bias?: boolean | undefined;
}

const KNOWN = ["out", "kernel", "in", "multiplier", "stride", "padding", "dilation", "bias"] as const;
const OP = "SeparableConv2d";
const EXAMPLE = "new SeparableConv2d({ out: 32, kernel: 3 })";

/**
 * A depthwise convolution and a pointwise one behind it, with nothing between.
 *
 * @example new SeparableConv2d({ out: 128, kernel: 3, padding: "same", bias: false })
 */
export class SeparableConv2d extends Module {
  depthwise!: { readonly weight: Variable };
  pointwise!: { readonly weight: Variable; readonly bias?: Variable };
  readonly options: SeparableConv2dOptions;

  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: SeparableConv2dOptions) {
    super();
    checkOptions(OP, options, KNOWN, { ...OTHER_NAMES, depthMultiplier: "multiplier" });
    demandConvChannels(OP, options, EXAMPLE);
    demandPair(OP, "kernel", options.kernel, EXAMPLE);
    if (options.multiplier !== undefined) demandSize(OP, "multiplier", options.multiplier, "multiplier: 1");
    this.options = options;
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { out, kernel, multiplier = 1, bias = true } = this.options;
    const between = convChannels(OP, this.options, inputs) * multiplier;
    const [h, w] = demandPair(OP, "kernel", kernel, EXAMPLE);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    const initializer = kaimingUniform({ negativeSlope: Math.sqrt(5) });
    this.depthwise = { weight: this.parameter("depthwise.weight", [between, 1, h, w], initializer, dtype) };
    const weight = this.parameter("pointwise.weight", [out, between, 1, 1], initializer, dtype);
    const bound = 1 / Math.sqrt(between);
    this.pointwise = bias
      ? { weight, bias: this.parameter("pointwise.bias", [out], biasInitializer(bound), dtype) }
      : { weight };
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, multiplier = 1 } = this.options;
    const groups = (this.depthwise.weight.shape[0] as number) / multiplier;
    const y = conv2d(x, this.depthwise.weight.read(), { stride, padding, dilation, groups });
    return conv2d(y, this.pointwise.weight.read(), { bias: this.pointwise.bias?.read() });
  }

  override describe(): string {
    const { stride, padding, dilation, multiplier } = this.options;
    const between = this.depthwise?.weight.shape[0];
    const channels = between === undefined ? undefined : between / (multiplier ?? 1);
    return describeConv(channels, this.options, { multiplier, stride, padding, dilation });
  }
}
