/**
 * MobileNetV2 (M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen, "MobileNetV2: inverted residuals and linear
 * bottlenecks", CVPR 2018) in torchvision's form and names.
 *
 *     [3, 224, 224] → 3×3/2 [32, 112, 112] → inverted residuals [16, 112, 112] → [24, 56, 56] → [32, 28, 28] → [64, 14, 14]
 *     → [96, 14, 14] → [160, 7, 7] → [320, 7, 7] → 1×1 [1280, 7, 7] → mean → classes
 *
 * Any size of image works. An inverted residual widens its few channels by 1×1, convolves each by itself (depthwise 3×3), and
 * narrows them again without an activation. Initial weights: Kaiming normal by fan-out, normal (0, 0.01) in the classifier.
 */

import type { Tensor } from "@prewitt/core";
import { BatchNorm2d, Conv2d, Dropout, initializers, type Layer, Linear, Module, Sequential } from "@prewitt/nn";
import { globalAvgPool2d, relu6 } from "@prewitt/ops";
import { checkModelOptions, type ModelOptions } from "./options.ts";

export interface MobileNetV2Options extends ModelOptions {
  /**
   * Factor on the channels of every layer, to multiples of 8; the last 1×1 convolution has 1280 channels or more. Default 1.
   */
  readonly width?: number | undefined;
  /** Rate of the dropout before the last layer. Default 0.2. */
  readonly dropout?: number | undefined;
}

/** Widening, channels, blocks, and the stride of the first of them: table 2 of the paper. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The last layer of each stride: 2, 4, 8, 16, 32. */
const TAPS = [1, 3, 6, 13, 18] as const;

const weightInitializer = initializers.kaimingNormal({ fan: "out", nonlinearity: "relu" });

/** The nearest multiple of 8, unless that takes away more than a tenth. */
function multipleOf8(channels: number): number {
  const near = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return near < 0.9 * channels ? near + 8 : near;
}

interface ConvNormOptions {
  readonly in?: number | undefined;
  readonly stride?: number | undefined;
  readonly groups?: number | undefined;
}

function conv(out: number, kernel: 1 | 3, options: ConvNormOptions = {}): Conv2d {
  return new Conv2d({ ...options, out, kernel, padding: (kernel - 1) / 2, bias: false, weightInitializer });
}

function convNormReLU6(out: number, kernel: 1 | 3, options: ConvNormOptions = {}): Sequential {
  return new Sequential(conv(out, kernel, options), new BatchNorm2d(), relu6);
}

class InvertedResidual extends Module {
  readonly conv: Sequential;
  readonly residual: boolean;

  constructor(inputs: number, out: number, stride: number, widening: number) {
    super();
    const inner = inputs * widening;
    const layers: Layer[] = widening === 1 ? [] : [convNormReLU6(inner, 1)];
    layers.push(convNormReLU6(inner, 3, { stride, groups: inner }), conv(out, 1), new BatchNorm2d());
    this.conv = new Sequential(...layers);
    this.residual = stride === 1 && inputs === out;
  }

  forward(x: Tensor): Tensor {
    const y = this.conv.forward(x);
    return this.residual ? x.add(y) : y;
  }
}

/**
 * [N, 3, H, W] → [N, classes]; 3,504,872 parameters with 1000 classes. Throws `OptionError`.
 *
 * @example const model = init(new MobileNetV2({ classes: 10, width: 0.5 }), [3, 96, 96]);
 */
export class MobileNetV2 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: MobileNetV2Options = {}) {
    super();
    checkModelOptions("MobileNetV2", options, ["dropout"]);
    const { classes = 1000, inChannels, width = 1, dropout = 0.2 } = options;
    let inputs = multipleOf8(32 * width);
    const layers: Layer[] = [convNormReLU6(inputs, 3, { in: inChannels, stride: 2 })];
    for (const [widening, channels, blocks, firstStride] of STAGES) {
      const out = multipleOf8(channels * width);
      for (let i = 0; i < blocks; i++) {
        layers.push(new InvertedResidual(inputs, out, i === 0 ? firstStride : 1, widening));
        inputs = out;
      }
    }
    layers.push(convNormReLU6(multipleOf8(1280 * Math.max(1, width)), 1));
    this.features = new Sequential(...layers);
    this.classifier = new Sequential(
      new Dropout(dropout),
      new Linear({
        out: classes,
        weightInitializer: initializers.normal(0, 0.01),
        biasInitializer: initializers.zeros(),
      }),
    );
  }

  /** The last values of each stride: 2, 4, 8, 16, 32. */
  featureMaps(x: Tensor): Readonly<Record<`stage${1 | 2 | 3 | 4 | 5}`, Tensor>> {
    const values: Tensor[] = [];
    for (const layer of this.features) values.push(layer.forward(values.at(-1) ?? x));
    const [stage1, stage2, stage3, stage4, stage5] = TAPS.map((i) => values[i]) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    return { stage1, stage2, stage3, stage4, stage5 };
  }

  forward(x: Tensor): Tensor {
    return this.classifier.forward(globalAvgPool2d(this.features.forward(x)));
  }
}
