/**
 * GoogLeNet, Inception v1 (C. Szegedy et al., "Going deeper with convolutions", CVPR 2015) in torchvision's form and
 * names: batch norm after every convolution, and 3×3 where the paper has 5×5.
 *
 *     [3, 224, 224] → conv1 7×7/2 [64, 112, 112] → pool → conv2 1×1, conv3 3×3 [192, 56, 56] → pool
 *     → inception3a, b [480, 28, 28] → pool → inception4a … e [832, 14, 14] → pool → inception5a, b [1024, 7, 7] → mean → classes
 *
 * Images of 15×15 or more. An inception block runs four branches beside each other and joins their channels.
 */

import { concat, type Tensor } from "@prewitt/core";
import { Dropout, initializers, Linear, MaxPool2d, Module, Sequential } from "@prewitt/nn";
import { adaptiveAvgPool2d, flatten, globalAvgPool2d, relu } from "@prewitt/ops";
import {
  BasicConv2d,
  type BasicConvOptions,
  fromImageNetStatistics,
  type InceptionOptions,
  withoutAux,
} from "./inception-common.ts";
import { checkModelOptions, scaledBy } from "./options.ts";

const DEVIATION = 0.01;
const conv = (out: number, kernel: number, options: Omit<BasicConvOptions, "deviation"> = {}): BasicConv2d =>
  new BasicConv2d(out, kernel, { ...options, deviation: DEVIATION });
const linear = (out: number, inputs?: number): Linear =>
  new Linear({ in: inputs, out, weightInitializer: initializers.normal(0, DEVIATION) });

/** Channels of the four branches: 1×1; 3×3 behind a reduction; the second 3×3 behind a reduction; behind the pool. */
type Branches = readonly [one: number, reduce3: number, three: number, reduce5: number, five: number, pool: number];

class Inception extends Module {
  readonly branch1: BasicConv2d;
  readonly branch2: Sequential;
  readonly branch3: Sequential;
  readonly branch4: Sequential;

  constructor([one, reduce3, three, reduce5, five, pool]: Branches) {
    super();
    this.branch1 = conv(one, 1);
    this.branch2 = new Sequential(conv(reduce3, 1), conv(three, 3, { padding: 1 }));
    this.branch3 = new Sequential(conv(reduce5, 1), conv(five, 3, { padding: 1 }));
    this.branch4 = new Sequential(new MaxPool2d({ kernel: 3, stride: 1, padding: 1 }), conv(pool, 1));
  }

  forward(x: Tensor): Tensor {
    return concat(
      [this.branch1, this.branch2, this.branch3, this.branch4].map((branch) => branch.forward(x)),
      1,
    );
  }
}

/** An auxiliary classifier. Its input sizes are given, because a forward in evaluation mode does not reach it. */
class InceptionAux extends Module {
  readonly conv: BasicConv2d;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly dropout = new Dropout(0.7);

  constructor(inputs: number, scaled: (channels: number) => number, classes: number) {
    super();
    this.conv = conv(scaled(128), 1, { in: inputs });
    this.fc1 = linear(scaled(1024), 16 * scaled(128));
    this.fc2 = linear(classes, scaled(1024));
  }

  forward(x: Tensor): Tensor {
    const pooled = flatten(this.conv.forward(adaptiveAvgPool2d(x, 4)));
    return this.fc2.forward(this.dropout.forward(relu(this.fc1.forward(pooled))));
  }
}

const pool = (kernel: number): MaxPool2d => new MaxPool2d({ kernel, stride: 2, ceilMode: true });

export type GoogLeNetStage =
  | "conv1"
  | "conv3"
  | `inception${"3a" | "3b" | "4a" | "4b" | "4c" | "4d" | "4e" | "5a" | "5b"}`;

/**
 * [N, 3, H, W] → [N, classes]; 6,624,904 parameters with 1000 classes, 13,004,888 with `auxLogits`. Throws `OptionError`.
 *
 * @example const model = init(new GoogLeNet({ classes: 10 }), [3, 224, 224]);
 */
export class GoogLeNet extends Module {
  readonly conv1: BasicConv2d;
  readonly maxpool1 = pool(3);
  readonly conv2: BasicConv2d;
  readonly conv3: BasicConv2d;
  readonly maxpool2 = pool(3);
  readonly inception3a: Inception;
  readonly inception3b: Inception;
  readonly maxpool3 = pool(3);
  readonly inception4a: Inception;
  readonly inception4b: Inception;
  readonly inception4c: Inception;
  readonly inception4d: Inception;
  readonly inception4e: Inception;
  readonly maxpool4 = pool(2);
  readonly inception5a: Inception;
  readonly inception5b: Inception;
  readonly aux1: InceptionAux | undefined;
  readonly aux2: InceptionAux | undefined;
  readonly dropout: Dropout;
  readonly fc: Linear;
  readonly options: InceptionOptions;

  constructor(options: InceptionOptions = {}) {
    super();
    checkModelOptions("GoogLeNet", options, ["auxLogits", "transformInput", "dropout"]);
    const { classes = 1000, inChannels, width, auxLogits = false, dropout = 0.2 } = options;
    const scaled = scaledBy(width);
    const inception = (...branches: Branches): Inception => new Inception(branches.map(scaled) as unknown as Branches);
    this.options = options;
    this.conv1 = conv(scaled(64), 7, { in: inChannels, stride: 2, padding: 3 });
    this.conv2 = conv(scaled(64), 1);
    this.conv3 = conv(scaled(192), 3, { padding: 1 });
    this.inception3a = inception(64, 96, 128, 16, 32, 32);
    this.inception3b = inception(128, 128, 192, 32, 96, 64);
    this.inception4a = inception(192, 96, 208, 16, 48, 64);
    this.inception4b = inception(160, 112, 224, 24, 64, 64);
    this.inception4c = inception(128, 128, 256, 24, 64, 64);
    this.inception4d = inception(112, 144, 288, 32, 64, 64);
    this.inception4e = inception(256, 160, 320, 32, 128, 128);
    this.inception5a = inception(256, 160, 320, 32, 128, 128);
    this.inception5b = inception(384, 192, 384, 48, 128, 128);
    const joined = (...branches: number[]): number => branches.map(scaled).reduce((a, b) => a + b, 0);
    this.aux1 = auxLogits ? new InceptionAux(joined(192, 208, 48, 64), scaled, classes) : undefined;
    this.aux2 = auxLogits ? new InceptionAux(joined(112, 288, 64, 64), scaled, classes) : undefined;
    this.dropout = new Dropout(dropout);
    this.fc = linear(classes);
  }

  /** Values after each block: stride 2, 4, 8 (3a, 3b), 16 (4a … 4e), 32 (5a, 5b). */
  featureMaps(x: Tensor): Readonly<Record<GoogLeNetStage, Tensor>> {
    const conv1 = this.conv1.forward(this.options.transformInput === true ? fromImageNetStatistics(x) : x);
    const conv3 = this.conv3.forward(this.conv2.forward(this.maxpool1.forward(conv1)));
    const inception3a = this.inception3a.forward(this.maxpool2.forward(conv3));
    const inception3b = this.inception3b.forward(inception3a);
    const inception4a = this.inception4a.forward(this.maxpool3.forward(inception3b));
    const inception4b = this.inception4b.forward(inception4a);
    const inception4c = this.inception4c.forward(inception4b);
    const inception4d = this.inception4d.forward(inception4c);
    const inception4e = this.inception4e.forward(inception4d);
    const inception5a = this.inception5a.forward(this.maxpool4.forward(inception4e));
    const inception5b = this.inception5b.forward(inception5a);
    return {
      conv1,
      conv3,
      inception3a,
      inception3b,
      inception4a,
      inception4b,
      inception4c,
      inception4d,
      inception4e,
      inception5a,
      inception5b,
    };
  }

  #head(features: Tensor): Tensor {
    return this.fc.forward(this.dropout.forward(globalAvgPool2d(features)));
  }

  forward(x: Tensor): Tensor {
    return this.#head(this.featureMaps(x).inception5b);
  }

  /**
   * Logits of the network and of its auxiliary classifiers, each [N, classes]. The paper adds 0.3 of each auxiliary loss.
   * Throws `OptionError` without `auxLogits`.
   *
   * @example
   * const { logits, aux1, aux2 } = model.forwardWithAux(images);
   * const loss = crossEntropy(logits, y).add(crossEntropy(aux1, y).add(crossEntropy(aux2, y)).mul(0.3));
   */
  forwardWithAux(x: Tensor): Readonly<Record<"logits" | "aux1" | "aux2", Tensor>> {
    if (this.aux1 === undefined || this.aux2 === undefined) throw withoutAux("GoogLeNet");
    const maps = this.featureMaps(x);
    return {
      logits: this.#head(maps.inception5b),
      aux1: this.aux1.forward(maps.inception4a),
      aux2: this.aux2.forward(maps.inception4d),
    };
  }
}
