/**
 * Convolution of images: [N, in, H, W] → [N, out, H', W'], weight [out, in / groups, KH, KW], bias [out].
 */

import { checkOptions, locate, OptionError, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { conv2d, type PaddingOption, type PairOption } from "@prewitt/ops";
import { constant, type Initializer, kaimingUniform, uniform } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { demandPair, demandSize, inputSize, optionText, pairText } from "./sizes.ts";

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
  "dilation",
  "groups",
  "bias",
  "weightInitializer",
  "biasInitializer",
] as const;
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
    demandSize("Conv2d", "out", options?.out, EXAMPLE);
    demandPair("Conv2d", "kernel", options.kernel, EXAMPLE);
    if (options.in !== undefined) demandSize("Conv2d", "in", options.in, "in: 3, or leave it out");
    this.options = options;
    const groups = demandSize("Conv2d", "groups", options.groups ?? 1, "groups: 1");
    const problems = [
      ...(options.out % groups === 0 ? [] : [`out = ${options.out} is no multiple of groups = ${groups}`]),
      ...((options.in ?? 0) % groups === 0 ? [] : [`in = ${options.in} is no multiple of groups = ${groups}`]),
    ];
    if (problems.length === 0) return;
    throw locate(
      new OptionError({
        op: "Conv2d",
        summary: "groups must divide the channels",
        problems,
        fix: `write groups: 1, or out: ${Math.ceil(options.out / groups) * groups}`,
      }),
    );
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { options } = this;
    const { out, groups = 1 } = options;
    const channels = inputSize(
      {
        op: "Conv2d",
        what: "channels",
        given: options.in,
        option: "in",
        axes: ["N", "C", "H", "W"],
        axis: 1,
        rankFix: "images are [N, C, H, W]: give init the shape [channels, height, width]",
      },
      inputs,
    );
    if (channels % groups !== 0) {
      throw locate(
        new OptionError({
          op: "Conv2d",
          summary: `the input has ${channels} channels, no multiple of groups = ${groups}`,
          fix: `write groups: 1${channels === out ? ` or groups: ${channels}` : ""}`,
        }),
      );
    }
    const [h, w] = demandPair("Conv2d", "kernel", options.kernel, EXAMPLE);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    const bound = 1 / Math.sqrt((channels / groups) * h * w);
    const weightInitializer = options.weightInitializer ?? kaimingUniform({ negativeSlope: Math.sqrt(5) });
    this.weight = this.parameter("weight", [out, channels / groups, h, w], weightInitializer, dtype);
    if (options.bias === false) return;
    this.bias = this.parameter("bias", [out], options.biasInitializer ?? biasInitializer(bound), dtype);
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this.options;
    return conv2d(x, this.weight.read(), { stride, padding, dilation, groups, bias: this.bias?.read() });
  }

  override describe(): string {
    const { out, kernel, stride, padding, dilation, groups, bias } = this.options;
    const channels =
      this.weight === undefined ? (this.options.in ?? "?") : (this.weight.shape[1] as number) * (groups ?? 1);
    const parts = [`${channels} → ${out}`, `kernel ${pairText(demandPair("Conv2d", "kernel", kernel, EXAMPLE))}`];
    for (const [name, value] of Object.entries({ stride, padding, dilation, groups })) {
      if (value !== undefined) parts.push(`${name} ${optionText(value)}`);
    }
    if (bias === false) parts.push("no bias");
    return parts.join(", ");
  }
}

/** Uniform in ±bound; zeros where there is nothing to bound it by. */
export function biasInitializer(bound: number): Initializer {
  return Number.isFinite(bound) ? uniform(-bound, bound) : constant(0);
}
