/**
 * Convolution of signals: [N, in, L] → [N, out, L'], weight [out, in / groups, K], bias [out], as PyTorch's Conv1d.
 */

import { checkOptions, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { type Conv1dOptions, conv1d } from "@prewitt/ops";
import { type Initializer, kaimingUniform } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { biasInitializer, convChannels, demandConvChannels } from "./conv-options.ts";
import { demandSize, optionText } from "./sizes.ts";

export interface Conv1dLayerOptions extends Omit<Conv1dOptions, "bias"> {
  /** Output channels: the number of filters. */
  readonly out: number;
  /** Length of the filters. */
  readonly kernel: number;
  /** Input channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
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
const EXAMPLE = "new Conv1d({ out: 32, kernel: 5 })";

/**
 * A layer of filters over signals.
 *
 * @example new Conv1d({ out: 32, kernel: 5, padding: "same" })
 */
export class Conv1d extends Module {
  weight!: Variable;
  bias: Variable | undefined;
  readonly options: Conv1dLayerOptions;

  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: Conv1dLayerOptions) {
    super();
    checkOptions("Conv1d", options, KNOWN, OTHER_NAMES);
    demandConvChannels("Conv1d", options, EXAMPLE);
    demandSize("Conv1d", "kernel", options.kernel, EXAMPLE);
    this.options = options;
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { options } = this;
    const { out, kernel, groups = 1 } = options;
    const channels = convChannels("Conv1d", options, inputs, ["N", "C", "L"]);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    const bound = 1 / Math.sqrt((channels / groups) * kernel);
    const weightInitializer = options.weightInitializer ?? kaimingUniform({ negativeSlope: Math.sqrt(5) });
    this.weight = this.parameter("weight", [out, channels / groups, kernel], weightInitializer, dtype);
    if (options.bias === false) return;
    this.bias = this.parameter("bias", [out], options.biasInitializer ?? biasInitializer(bound), dtype);
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this.options;
    return conv1d(x, this.weight.read(), { stride, padding, dilation, groups, bias: this.bias?.read() });
  }

  override describe(): string {
    const { out, kernel, stride, padding, dilation, groups, bias } = this.options;
    const channels =
      this.weight === undefined ? (this.options.in ?? "?") : (this.weight.shape[1] as number) * (groups ?? 1);
    const parts = [`${channels} → ${out}`, `kernel ${kernel}`];
    for (const [name, value] of Object.entries({ stride, padding, dilation, groups })) {
      if (value !== undefined) parts.push(`${name} ${optionText(value)}`);
    }
    if (bias === false) parts.push("no bias");
    return parts.join(", ");
  }
}
