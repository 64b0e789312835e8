/**
 * ResNet-20, 32 and 56 for images of 32×32 (K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image
 * recognition", CVPR 2016, section 4.2): 6 n + 2 layers, in three stages of n basic blocks.
 *
 *     [3, 32, 32] → conv1 3×3 [16, 32, 32] → layer1 [16, 32, 32] → layer2 [32, 16, 16] → layer3 [64, 8, 8] → mean → classes
 *
 * Where the size halves, the paper's shortcut (A) takes every second pixel and fills the new channels with zeros, half of
 * them before and half behind, without weights; `shortcut: "projection"` (B) is a 1×1 convolution as in the ImageNet form.
 * Names are those of torchvision's ResNet.
 */

import type { Tensor } from "@prewitt/core";
import { BatchNorm2d, type Conv2d, Lambda, type Layer, Linear, Module, Sequential } from "@prewitt/nn";
import { globalAvgPool2d, relu } from "@prewitt/ops";
import { checkModelOptions, demandCount, demandOneOf, type ModelOptions, scaledBy } from "./options.ts";
import { BasicBlock, residualConv } from "./resnet.ts";

export interface CifarResNetOptions extends ModelOptions {
  /** Number of logits. Default 10. */
  readonly classes?: number | undefined;
  /** Where shapes change: "identity" with zeros for new channels, or a "projection". Default "identity". */
  readonly shortcut?: "identity" | "projection" | undefined;
}

/** A network of 6 `blocks` + 2 layers. */
export interface CifarResNetConfiguration extends CifarResNetOptions {
  /** Blocks a stage. */
  readonly blocks: number;
}

function zeroPadded(more: number): Layer {
  const before = Math.floor(more / 2);
  return new Lambda(function everySecondPixel(x: Tensor): Tensor {
    return x.slice(null, null, [null, null, 2], [null, null, 2]).pad([
      [0, 0],
      [before, more - before],
      [0, 0],
      [0, 0],
    ]);
  });
}

/**
 * [N, 3, 32, 32] → [N, classes]. `resnet20`, `resnet32` and `resnet56` make the published ones. Throws `OptionError`.
 *
 * @example new CifarResNet({ blocks: 18, classes: 100 }) // ResNet-110
 */
export class CifarResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1 = new BatchNorm2d();
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly fc: Linear;

  constructor({ blocks, ...options }: CifarResNetConfiguration) {
    super();
    checkModelOptions("CifarResNet", options, ["shortcut"]);
    demandCount("CifarResNet", "blocks", blocks, 3);
    const { classes = 10, inChannels, width, shortcut = "identity" } = options;
    demandOneOf("CifarResNet", "shortcut", shortcut, ["identity", "projection"]);
    const scaled = scaledBy(width);
    const downsample = (inputs: number, out: number): Layer =>
      shortcut === "projection" ? new Sequential(residualConv(out, 1, 2), new BatchNorm2d()) : zeroPadded(out - inputs);
    const stage = (first: BasicBlock, channels: number): Sequential =>
      new Sequential(first, ...Array.from({ length: blocks - 1 }, () => new BasicBlock(channels, 1, undefined)));
    const [c1, c2, c3] = [scaled(16), scaled(32), scaled(64)];
    this.conv1 = residualConv(c1, 3, 1, inChannels);
    this.layer1 = stage(new BasicBlock(c1, 1, undefined), c1);
    this.layer2 = stage(new BasicBlock(c2, 2, downsample(c1, c2)), c2);
    this.layer3 = stage(new BasicBlock(c3, 2, downsample(c2, c3)), c3);
    this.fc = new Linear({ out: classes });
  }

  /** Values after each stage: stride 1, 1, 2, 4. */
  featureMaps(x: Tensor): Readonly<Record<"stem" | "layer1" | "layer2" | "layer3", Tensor>> {
    const stem = relu(this.bn1.forward(this.conv1.forward(x)));
    const layer1 = this.layer1.forward(stem);
    const layer2 = this.layer2.forward(layer1);
    const layer3 = this.layer3.forward(layer2);
    return { stem, layer1, layer2, layer3 };
  }

  forward(x: Tensor): Tensor {
    return this.fc.forward(globalAvgPool2d(this.featureMaps(x).layer3));
  }
}

function published(name: string, options: CifarResNetOptions, blocks: number): CifarResNet {
  checkModelOptions(name, options, ["shortcut"]);
  return new CifarResNet({ ...options, blocks });
}

/**
 * ResNet-20: 269,722 parameters with 10 classes. Throws `OptionError`.
 *
 * @example const model = init(resnet20(), [3, 32, 32]);
 */
export function resnet20(options: CifarResNetOptions = {}): CifarResNet {
  return published("resnet20", options, 3);
}

/** ResNet-32: 464,154 parameters with 10 classes. Throws `OptionError`. */
export function resnet32(options: CifarResNetOptions = {}): CifarResNet {
  return published("resnet32", options, 5);
}

/** ResNet-56: 853,018 parameters with 10 classes. Throws `OptionError`. */
export function resnet56(options: CifarResNetOptions = {}): CifarResNet {
  return published("resnet56", options, 9);
}
