/**
 * Squeeze and excitation: channels weighed by what the whole image shows (J. Hu, L. Shen, G. Sun, "Squeeze-and-excitation
 * networks", CVPR 2018): x · gate(fc2(activation(fc1(mean of x over H and W)))).
 *
 * Names and shapes are torchvision's: fc1.weight [squeeze, in, 1, 1], fc1.bias [squeeze], fc2.weight [in, squeeze, 1, 1],
 * fc2.bias [in].
 */

import { checkOptions, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { conv2d, globalAvgPool2d, relu, sigmoid } from "@prewitt/ops";
import { kaimingUniform } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { biasInitializer, convChannels } from "./conv-options.ts";
import { demandSize } from "./sizes.ts";

export interface SqueezeExcitationOptions {
  /** Channels in the middle. Default: a sixteenth of those of the input, at least 1. */
  readonly squeeze?: number | undefined;
  /** Input channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Behind the first dense layer. Default relu. */
  readonly activation?: ((x: Tensor) => Tensor) | undefined;
  /** Behind the second; its result multiplies x. Default sigmoid; MobileNetV3 has hardSigmoid. */
  readonly gate?: ((x: Tensor) => Tensor) | undefined;
}

interface Dense {
  readonly weight: Variable;
  readonly bias: Variable;
}

const OP = "SqueezeExcitation";

/**
 * [N, C, H, W] with each channel of each image multiplied by a number in 0 … 1.
 *
 * @example new SqueezeExcitation({ squeeze: 16 })
 */
export class SqueezeExcitation extends Module {
  fc1!: Dense;
  fc2!: Dense;
  readonly options: SqueezeExcitationOptions;

  /** Throws `OptionError` for unknown options and sizes that are none. */
  constructor(options: SqueezeExcitationOptions = {}) {
    super();
    checkOptions(OP, options, ["squeeze", "in", "activation", "gate"], { ...OTHER_NAMES, squeeze_channels: "squeeze" });
    if (options.squeeze !== undefined) demandSize(OP, "squeeze", options.squeeze, "squeeze: 16, or leave it out");
    if (options.in !== undefined) demandSize(OP, "in", options.in, "in: 64, or leave it out");
    this.options = options;
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const channels = convChannels(OP, { in: this.options.in, out: 0 }, inputs);
    const squeeze = this.options.squeeze ?? Math.max(1, Math.floor(channels / 16));
    const dtype = inputs?.[0]?.dtype ?? "float32";
    const dense = (name: string, from: number, to: number): Dense => ({
      weight: this.parameter(
        `${name}.weight`,
        [to, from, 1, 1],
        kaimingUniform({ negativeSlope: Math.sqrt(5) }),
        dtype,
      ),
      bias: this.parameter(`${name}.bias`, [to], biasInitializer(1 / Math.sqrt(from)), dtype),
    });
    this.fc1 = dense("fc1", channels, squeeze);
    this.fc2 = dense("fc2", squeeze, channels);
  }

  forward(x: Tensor): Tensor {
    const { activation = relu, gate = sigmoid } = this.options;
    const apply = ({ weight, bias }: Dense, t: Tensor): Tensor => conv2d(t, weight.read(), { bias: bias.read() });
    const squeezed = activation(apply(this.fc1, globalAvgPool2d(x, { keepDims: true })));
    return x.mul(gate(apply(this.fc2, squeezed)));
  }

  override describe(): string {
    const [squeeze, channels] = this.fc1?.weight.shape ?? [this.options.squeeze, this.options.in];
    return `${channels ?? "?"} → ${squeeze ?? "?"} → ${channels ?? "?"}`;
  }
}
