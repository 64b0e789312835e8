/**
 * ResNet-18, 34 and 50 (K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016) in
 * torchvision's form and names: the stride of a bottleneck lies in its 3×3 convolution.
 *
 *     [3, 224, 224] → stem 7×7/2 [64, 112, 112] → max-pool [64, 56, 56] → layer1 [64 e, 56, 56] → layer2 [128 e, 28, 28]
 *     → layer3 [256 e, 14, 14] → layer4 [512 e, 7, 7] → mean → classes        (e = 1 for basic blocks, 4 for bottlenecks)
 *
 * Any size of image works; below 64×64 use `stem: "cifar"`, a 3×3 convolution that keeps the size, without max-pool.
 * Initial weights: Kaiming normal by fan-out.
 */

import type { Tensor } from "@prewitt/core";
import {
  BatchNorm2d,
  Conv2d,
  Identity,
  initializers,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from "@prewitt/nn";
import { globalAvgPool2d, relu } from "@prewitt/ops";
import { checkModelOptions, demandCount, demandOneOf, type ModelOptions, scaledBy } from "./options.ts";

export interface ResNetOptions extends ModelOptions {
  /** "imagenet": 7×7 with stride 2 and a max-pool. "cifar": 3×3 with stride 1, for small images. Default "imagenet". */
  readonly stem?: "imagenet" | "cifar" | undefined;
}

/** A ResNet of one's own depths. */
export interface ResNetConfiguration extends ResNetOptions {
  readonly block: "basic" | "bottleneck";
  /** Number of blocks of each stage. */
  readonly depths: readonly [number, number, number, number];
}

const weightInitializer = initializers.kaimingNormal({ fan: "out", nonlinearity: "relu" });

/** A convolution without bias, padded so that stride 1 keeps the size. */
export function residualConv(out: number, kernel: 1 | 3 | 7, stride = 1, inputs?: number): Conv2d {
  return new Conv2d({ in: inputs, out, kernel, stride, padding: (kernel - 1) / 2, bias: false, weightInitializer });
}

/** Two 3×3 convolutions beside the shortcut. */
export class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1 = new BatchNorm2d();
  readonly conv2: Conv2d;
  readonly bn2 = new BatchNorm2d();
  /** What the shortcut does where shapes change; the identity when absent. */
  readonly downsample: Layer | undefined;

  constructor(channels: number, stride: number, downsample: Layer | undefined) {
    super();
    this.conv1 = residualConv(channels, 3, stride);
    this.conv2 = residualConv(channels, 3);
    this.downsample = downsample;
  }

  forward(x: Tensor): Tensor {
    const inner = relu(this.bn1.forward(this.conv1.forward(x)));
    const residual = this.bn2.forward(this.conv2.forward(inner));
    return relu(residual.add(this.downsample?.forward(x) ?? x));
  }
}

/** 1×1 to `channels`, 3×3, and 1×1 to four times as many, beside the shortcut. */
export class Bottleneck extends Module {
  readonly conv1: Conv2d;
  readonly bn1 = new BatchNorm2d();
  readonly conv2: Conv2d;
  readonly bn2 = new BatchNorm2d();
  readonly conv3: Conv2d;
  readonly bn3 = new BatchNorm2d();
  readonly downsample: Layer | undefined;

  constructor(channels: number, stride: number, downsample: Layer | undefined) {
    super();
    this.conv1 = residualConv(channels, 1);
    this.conv2 = residualConv(channels, 3, stride);
    this.conv3 = residualConv(4 * channels, 1);
    this.downsample = downsample;
  }

  forward(x: Tensor): Tensor {
    const narrow = relu(this.bn1.forward(this.conv1.forward(x)));
    const inner = relu(this.bn2.forward(this.conv2.forward(narrow)));
    const residual = this.bn3.forward(this.conv3.forward(inner));
    return relu(residual.add(this.downsample?.forward(x) ?? x));
  }
}

/**
 * [N, 3, H, W] → [N, classes]. `resnet18`, `resnet34` and `resnet50` make the published ones. Throws `OptionError`.
 *
 * @example new ResNet({ block: "basic", depths: [1, 1, 1, 1], width: 0.5, stem: "cifar", classes: 10 })
 */
export class ResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1 = new BatchNorm2d();
  readonly maxpool: Layer;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly fc: Linear;

  constructor({ block, depths, ...options }: ResNetConfiguration) {
    super();
    checkModelOptions("ResNet", options, ["stem"]);
    demandOneOf("ResNet", "block", block, ["basic", "bottleneck"]);
    for (const depth of depths) demandCount("ResNet", "every depth", depth, 2);
    const { classes = 1000, inChannels, width, stem = "imagenet" } = options;
    demandOneOf("ResNet", "stem", stem, ["imagenet", "cifar"]);
    const scaled = scaledBy(width);
    const small = stem === "cifar";
    this.conv1 = residualConv(scaled(64), small ? 3 : 7, small ? 1 : 2, inChannels);
    this.maxpool = small ? new Identity() : new MaxPool2d({ kernel: 3, stride: 2, padding: 1 });

    const [Block, expansion] = block === "basic" ? [BasicBlock, 1] : [Bottleneck, 4];
    let inputs = scaled(64);
    const stage = (channels: number, depth: number, stride: number): Sequential => {
      const out = expansion * channels;
      const project = stride !== 1 || inputs !== out;
      const downsample = project ? new Sequential(residualConv(out, 1, stride), new BatchNorm2d()) : undefined;
      inputs = out;
      const rest = Array.from({ length: depth - 1 }, () => new Block(channels, 1, undefined));
      return new Sequential(new Block(channels, stride, downsample), ...rest);
    };
    this.layer1 = stage(scaled(64), depths[0], 1);
    this.layer2 = stage(scaled(128), depths[1], 2);
    this.layer3 = stage(scaled(256), depths[2], 2);
    this.layer4 = stage(scaled(512), depths[3], 2);
    this.fc = new Linear({ out: classes });
  }

  /** Values after each stage: stride 2, 4, 8, 16, 32 ("cifar": 1, 1, 2, 4, 8). */
  featureMaps(x: Tensor): Readonly<Record<"stem" | "layer1" | "layer2" | "layer3" | "layer4", Tensor>> {
    const stem = relu(this.bn1.forward(this.conv1.forward(x)));
    const layer1 = this.layer1.forward(this.maxpool.forward(stem));
    const layer2 = this.layer2.forward(layer1);
    const layer3 = this.layer3.forward(layer2);
    const layer4 = this.layer4.forward(layer3);
    return { stem, layer1, layer2, layer3, layer4 };
  }

  forward(x: Tensor): Tensor {
    return this.fc.forward(globalAvgPool2d(this.featureMaps(x).layer4));
  }
}

function published(
  name: string,
  options: ResNetOptions,
  block: ResNetConfiguration["block"],
  depths: ResNetConfiguration["depths"],
): ResNet {
  checkModelOptions(name, options, ["stem"]);
  return new ResNet({ ...options, block, depths });
}

/**
 * ResNet-18: 11,689,512 parameters with 1000 classes. Throws `OptionError`.
 *
 * @example const model = init(resnet18({ classes: 10, stem: "cifar" }), [3, 32, 32]);
 */
export function resnet18(options: ResNetOptions = {}): ResNet {
  return published("resnet18", options, "basic", [2, 2, 2, 2]);
}

/** ResNet-34: 21,797,672 parameters with 1000 classes. Throws `OptionError`. */
export function resnet34(options: ResNetOptions = {}): ResNet {
  return published("resnet34", options, "basic", [3, 4, 6, 3]);
}

/** ResNet-50: 25,557,032 parameters with 1000 classes. Throws `OptionError`. */
export function resnet50(options: ResNetOptions = {}): ResNet {
  return published("resnet50", options, "bottleneck", [3, 4, 6, 3]);
}
