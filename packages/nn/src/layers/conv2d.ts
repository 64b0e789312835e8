/**
 * Convolution of images: [N, in, H, W] → [N, out, H', W'], weight [out, in / groups, KH, KW], bias [out].
 */

import {
  checkOptions,
  locate,
  OptionError,
  type Tensor,
  type TensorSpec,
  type Variable,
  windowAxis,
} from "@prewitt/core";
import { conv2d, type PaddingOption, type PairOption, pad2d } from "@prewitt/ops";
import { type Initializer, kaimingUniform } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { biasInitializer, convChannels, demandConvChannels, describeConv } from "./conv-options.ts";
import { demandPair } from "./sizes.ts";

export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

export interface Conv2dLayerOptions {
  /** Output channels: the number of filters. */
  readonly out: number;
  /** Height and width of the filters, a number or `[vertical, horizontal]`. */
  readonly kernel: PairOption;
  /** Input channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Distance between windows. Default 1. */
  readonly stride?: PairOption | undefined;
  /** A number, `[vertical, horizontal]`, `[[top, bottom], [left, right]]`, `"same"` or `"valid"`. Default 0. */
  readonly padding?: PaddingOption | undefined;
  /** What lies outside the image: zeros (default), the image mirrored, its edge repeated, or the image over again. */
  readonly paddingMode?: PaddingMode | undefined;
  /** Distance between the cells of a filter. Default 1. */
  readonly dilation?: PairOption | undefined;
  /** Groups of channels that are convolved by themselves; `in` for a depthwise convolution. Default 1. */
  readonly groups?: number | undefined;
  /** Whether a bias is added to each output channel. Default true. */
  readonly bias?: boolean | undefined;
  /** Default: Kaiming uniform with negative slope √5, as in PyTorch: ±1/√fan-in. */
  readonly weightInitializer?: Initializer | undefined;
  /** Default: uniform in ±1/√fan-in. */
  readonly biasInitializer?: Initializer | undefined;
}

const KNOWN = [
  "out",
  "kernel",
  "in",
  "stride",
  "padding",
  "paddingMode",
  "dilation",
  "groups",
  "bias",
  "weightInitializer",
  "biasInitializer",
] as const;
const MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];
const EXAMPLE = "new Conv2d({ out: 32, kernel: 3 })";

/**
 * A layer of filters over images.
 *
 * @example new Conv2d({ out: 32, kernel: 3, padding: "same" })
 */
export class Conv2d extends Module {
  weight!: Variable;
  bias: Variable | undefined;
  readonly options: Conv2dLayerOptions;

  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: Conv2dLayerOptions) {
    super();
    checkOptions("Conv2d", options, KNOWN, OTHER_NAMES);
    demandConvChannels("Conv2d", options, EXAMPLE);
    demandPair("Conv2d", "kernel", options.kernel, EXAMPLE);
    if (!MODES.includes(options.paddingMode ?? "zeros")) throw unknownMode(options.paddingMode);
    this.options = options;
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { options } = this;
    const { out, groups = 1 } = options;
    const channels = convChannels("Conv2d", options, inputs);
    const [h, w] = demandPair("Conv2d", "kernel", options.kernel, EXAMPLE);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    const bound = 1 / Math.sqrt((channels / groups) * h * w);
    const weightInitializer = options.weightInitializer ?? kaimingUniform({ negativeSlope: Math.sqrt(5) });
    this.weight = this.parameter("weight", [out, channels / groups, h, w], weightInitializer, dtype);
    if (options.bias === false) return;
    this.bias = this.parameter("bias", [out], options.biasInitializer ?? biasInitializer(bound), dtype);
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups, paddingMode = "zeros" } = this.options;
    const bias = this.bias?.read();
    const weight = this.weight.read();
    if (paddingMode === "zeros" || x.rank !== 4) return conv2d(x, weight, { stride, padding, dilation, groups, bias });
    const continued = pad2d(x, this.#sides(x), { mode: paddingMode });
    return conv2d(continued, weight, { stride, dilation, groups, bias });
  }

  /** The padding in numbers. */
  #sides(x: Tensor): Exclude<PaddingOption, string> {
    const { kernel, stride = 1, padding = 0, dilation = 1 } = this.options;
    if (padding === "valid") return 0;
    if (padding !== "same") return padding;
    const at = (option: PairOption, i: 0 | 1): number => (typeof option === "number" ? option : option[i]);
    const side = (i: 0 | 1): readonly [number, number] => {
      const { padBefore, padAfter } = windowAxis({
        input: x.shape[2 + i] as number,
        kernel: at(kernel, i),
        stride: at(stride, i),
        dilation: at(dilation, i),
        padding,
      });
      return [padBefore, padAfter];
    };
    return [side(0), side(1)];
  }

  override describe(): string {
    const { stride, padding, paddingMode, dilation, groups } = this.options;
    const channels = this.weight === undefined ? undefined : (this.weight.shape[1] as number) * (groups ?? 1);
    return describeConv(channels, this.options, { stride, padding, paddingMode, dilation, groups });
  }
}

function unknownMode(mode: unknown): OptionError {
  return locate(
    new OptionError({
      op: "Conv2d",
      summary: `paddingMode must be one of ${MODES.map((m) => `"${m}"`).join(", ")}, got "${String(mode)}"`,
      fix: 'write paddingMode: "reflect", or leave it out',
    }),
  );
}
