/**
 * Inception v3 (C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for computer
 * vision", CVPR 2016) in torchvision's form and names.
 *
 *     [3, 299, 299] → three 3×3 [64, 147, 147] → pool → 1×1, 3×3 [192, 71, 71] → pool → Mixed_5b … d [288, 35, 35]
 *     → Mixed_6a … e [768, 17, 17] → Mixed_7a … c [2048, 8, 8] → mean → classes
 *
 * Images of 75×75 or more; the auxiliary classifier needs 299×299.
 */

import type { Tensor } from "@prewitt/core";
import { Dropout, initializers, Linear, MaxPool2d, Module } from "@prewitt/nn";
import { globalAvgPool2d } from "@prewitt/ops";
import { type BasicConv2d, fromImageNetStatistics, type InceptionOptions, withoutAux } from "./inception-common.ts";
import {
  chain,
  conv,
  DEVIATION,
  InceptionA,
  InceptionAux,
  InceptionB,
  InceptionC,
  InceptionD,
  InceptionE,
} from "./inception-v3-blocks.ts";
import { checkModelOptions, scaledBy } from "./options.ts";

export type InceptionV3Stage =
  | "Conv2d_2b_3x3"
  | "Conv2d_4a_3x3"
  | `Mixed_${"5b" | "5c" | "5d" | "6a" | "6b" | "6c" | "6d" | "6e" | "7a" | "7b" | "7c"}`;

/**
 * [N, 3, H, W] → [N, classes]; 23,834,568 parameters with 1000 classes, 27,161,264 with `auxLogits`. Throws `OptionError`.
 *
 * @example const model = init(new InceptionV3({ classes: 10 }), [3, 299, 299]);
 */
export class InceptionV3 extends Module {
  readonly Conv2d_1a_3x3: BasicConv2d;
  readonly Conv2d_2a_3x3: BasicConv2d;
  readonly Conv2d_2b_3x3: BasicConv2d;
  readonly maxpool1 = new MaxPool2d({ kernel: 3, stride: 2 });
  readonly Conv2d_3b_1x1: BasicConv2d;
  readonly Conv2d_4a_3x3: BasicConv2d;
  readonly maxpool2 = new MaxPool2d({ kernel: 3, stride: 2 });
  readonly Mixed_5b: InceptionA;
  readonly Mixed_5c: InceptionA;
  readonly Mixed_5d: InceptionA;
  readonly Mixed_6a: InceptionB;
  readonly Mixed_6b: InceptionC;
  readonly Mixed_6c: InceptionC;
  readonly Mixed_6d: InceptionC;
  readonly Mixed_6e: InceptionC;
  readonly AuxLogits: InceptionAux | undefined;
  readonly Mixed_7a: InceptionD;
  readonly Mixed_7b: InceptionE;
  readonly Mixed_7c: InceptionE;
  readonly dropout: Dropout;
  readonly fc: Linear;
  readonly options: InceptionOptions;

  constructor(options: InceptionOptions = {}) {
    super();
    checkModelOptions("InceptionV3", options, ["auxLogits", "transformInput", "dropout"]);
    const { classes = 1000, inChannels, width, auxLogits = false, dropout = 0.5 } = options;
    const scaled = scaledBy(width);
    this.options = options;
    this.Conv2d_1a_3x3 = conv(scaled(32), 3, { in: inChannels, stride: 2 });
    this.Conv2d_2a_3x3 = conv(scaled(32), 3);
    this.Conv2d_2b_3x3 = conv(scaled(64), 3, { padding: 1 });
    this.Conv2d_3b_1x1 = conv(scaled(80), 1);
    this.Conv2d_4a_3x3 = conv(scaled(192), 3);
    this.Mixed_5b = new InceptionA(scaled, 32);
    this.Mixed_5c = new InceptionA(scaled, 64);
    this.Mixed_5d = new InceptionA(scaled, 64);
    this.Mixed_6a = new InceptionB(scaled);
    this.Mixed_6b = new InceptionC(scaled, 128);
    this.Mixed_6c = new InceptionC(scaled, 160);
    this.Mixed_6d = new InceptionC(scaled, 160);
    this.Mixed_6e = new InceptionC(scaled, 192);
    this.AuxLogits = auxLogits ? new InceptionAux(scaled, 4 * scaled(192), classes) : undefined;
    this.Mixed_7a = new InceptionD(scaled);
    this.Mixed_7b = new InceptionE(scaled);
    this.Mixed_7c = new InceptionE(scaled);
    this.dropout = new Dropout(dropout);
    this.fc = new Linear({ out: classes, weightInitializer: initializers.normal(0, DEVIATION) });
  }

  /** Values after each block: stride 2, 4, 8 (Mixed_5), 16 (Mixed_6), 32 (Mixed_7). */
  featureMaps(x: Tensor): Readonly<Record<InceptionV3Stage, Tensor>> {
    const images = this.options.transformInput === true ? fromImageNetStatistics(x) : x;
    const Conv2d_2b_3x3 = chain(images, this.Conv2d_1a_3x3, this.Conv2d_2a_3x3, this.Conv2d_2b_3x3);
    const Conv2d_4a_3x3 = chain(this.maxpool1.forward(Conv2d_2b_3x3), this.Conv2d_3b_1x1, this.Conv2d_4a_3x3);
    const Mixed_5b = this.Mixed_5b.forward(this.maxpool2.forward(Conv2d_4a_3x3));
    const Mixed_5c = this.Mixed_5c.forward(Mixed_5b);
    const Mixed_5d = this.Mixed_5d.forward(Mixed_5c);
    const Mixed_6a = this.Mixed_6a.forward(Mixed_5d);
    const Mixed_6b = this.Mixed_6b.forward(Mixed_6a);
    const Mixed_6c = this.Mixed_6c.forward(Mixed_6b);
    const Mixed_6d = this.Mixed_6d.forward(Mixed_6c);
    const Mixed_6e = this.Mixed_6e.forward(Mixed_6d);
    const Mixed_7a = this.Mixed_7a.forward(Mixed_6e);
    const Mixed_7b = this.Mixed_7b.forward(Mixed_7a);
    const Mixed_7c = this.Mixed_7c.forward(Mixed_7b);
    const blocks = { Mixed_5b, Mixed_5c, Mixed_5d, Mixed_6a, Mixed_6b, Mixed_6c, Mixed_6d, Mixed_6e };
    return { Conv2d_2b_3x3, Conv2d_4a_3x3, ...blocks, Mixed_7a, Mixed_7b, Mixed_7c };
  }

  #head(features: Tensor): Tensor {
    return this.fc.forward(this.dropout.forward(globalAvgPool2d(features)));
  }

  forward(x: Tensor): Tensor {
    return this.#head(this.featureMaps(x).Mixed_7c);
  }

  /**
   * Logits of the network and of its auxiliary classifier, each [N, classes]. PyTorch's training adds 0.4 of the auxiliary
   * loss. Throws `OptionError` without `auxLogits`, `ShapeError` for images below 299×299.
   *
   * @example
   * const { logits, aux } = model.forwardWithAux(images);
   * const loss = crossEntropy(logits, y).add(crossEntropy(aux, y).mul(0.4));
   */
  forwardWithAux(x: Tensor): Readonly<Record<"logits" | "aux", Tensor>> {
    if (this.AuxLogits === undefined) throw withoutAux("InceptionV3");
    const maps = this.featureMaps(x);
    return { logits: this.#head(maps.Mixed_7c), aux: this.AuxLogits.forward(maps.Mixed_6e) };
  }
}
