/**
 * LeNet-5 (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proc.
 * IEEE 1998) as it is taught today: every map of the second layer reads every map of the first, pooling has no weights,
 * and the last layer is dense.
 *
 *     [1, 32, 32] → conv1 5×5 → [6, 28, 28] → pool → conv2 5×5 → [16, 10, 10] → pool → [16, 5, 5] → 120 → 84 → classes
 *
 * Names are those of the common PyTorch form: conv1, conv2, fc1, fc2, fc3. Images of 28×28 take `padding: 2`, which makes
 * them the 32×32 of the paper.
 */

import type { Tensor } from "@prewitt/core";
import { Conv2d, Linear, Module } from "@prewitt/nn";
import { avgPool2d, flatten, maxPool2d, relu, tanh } from "@prewitt/ops";
import { checkModelOptions, demandOneOf, type ModelOptions, scaledBy } from "./options.ts";

export interface LeNet5Options extends ModelOptions {
  /** Number of logits. Default 10. */
  readonly classes?: number | undefined;
  /** Cells of padding around the image: 2 for 28×28. Default 0. */
  readonly padding?: number | undefined;
  /** "tanh" as in the paper, or "relu". Default "tanh". */
  readonly activation?: "tanh" | "relu" | undefined;
  /** "average" as in the paper, or "max". Default "average". */
  readonly pooling?: "average" | "max" | undefined;
}

/**
 * [N, 1, 32, 32] → [N, classes]; 61,706 parameters with 10 classes. Throws `OptionError`.
 *
 * @example const model = init(new LeNet5({ padding: 2 }), [1, 28, 28]);
 */
export class LeNet5 extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly fc3: Linear;
  readonly options: LeNet5Options;

  constructor(options: LeNet5Options = {}) {
    super();
    checkModelOptions("LeNet5", options, ["padding", "activation", "pooling"]);
    const { classes = 10, inChannels, width, padding = 0, activation = "tanh", pooling = "average" } = options;
    demandOneOf("LeNet5", "activation", activation, ["tanh", "relu"]);
    demandOneOf("LeNet5", "pooling", pooling, ["average", "max"]);
    const scaled = scaledBy(width);
    this.options = options;
    this.conv1 = new Conv2d({ in: inChannels, out: scaled(6), kernel: 5, padding });
    this.conv2 = new Conv2d({ out: scaled(16), kernel: 5 });
    this.fc1 = new Linear({ out: scaled(120) });
    this.fc2 = new Linear({ out: scaled(84) });
    this.fc3 = new Linear({ out: classes });
  }

  /** Values after each of the layers but the last. */
  featureMaps(x: Tensor): Readonly<Record<"conv1" | "conv2" | "fc1" | "fc2", Tensor>> {
    const active = this.options.activation === "relu" ? relu : tanh;
    const pool = this.options.pooling === "max" ? maxPool2d : avgPool2d;
    const conv1 = active(this.conv1.forward(x));
    const conv2 = active(this.conv2.forward(pool(conv1, 2)));
    const fc1 = active(this.fc1.forward(flatten(pool(conv2, 2))));
    const fc2 = active(this.fc2.forward(fc1));
    return { conv1, conv2, fc1, fc2 };
  }

  forward(x: Tensor): Tensor {
    return this.fc3.forward(this.featureMaps(x).fc2);
  }
}
