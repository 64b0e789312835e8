/**
 * U-Net (O. Ronneberger, P. Fischer, T. Brox, "U-Net: convolutional networks for biomedical image segmentation", MICCAI
 * 2015) of any depth and width, padded so that logits have the size of the image, with batch norm.
 *
 *     inc [64, H, W] → down1 [128, H/2, W/2] → … → down4 [1024, H/16, W/16]
 *     up1: enlarge, join with down3, two convolutions [512, H/8, W/8] → … → up4 [64, H, W] → outc [classes, H, W]
 *
 * Names are those of the PyTorch implementation that is most used, milesial/Pytorch-UNet. Any size of 2^depth or more works:
 * where halving dropped a row or column, the enlarged values are padded with zeros.
 */

import { concat, type Tensor } from "@prewitt/core";
import { BatchNorm2d, Conv2d, ConvTranspose2d, type Layer, MaxPool2d, Module, Sequential, Upsample } from "@prewitt/nn";
import { pad2d, relu } from "@prewitt/ops";
import {
  checkModelOptions,
  demandCount,
  demandOneOf,
  type FeatureMaps,
  type ModelOptions,
  scaledBy,
} from "./options.ts";

export interface UNetOptions extends ModelOptions {
  /** Classes a pixel. Default 2. */
  readonly classes?: number | undefined;
  /** How often the size is halved. Default 4. */
  readonly depth?: number | undefined;
  /** "transposed" convolutions, or "bilinear" interpolation with aligned corners. Default "transposed". */
  readonly upsampling?: "transposed" | "bilinear" | undefined;
}

class DoubleConv extends Module {
  readonly double_conv: Sequential;

  constructor(out: number, inner = out, inputs?: number) {
    super();
    this.double_conv = new Sequential(
      new Conv2d({ in: inputs, out: inner, kernel: 3, padding: 1, bias: false }),
      new BatchNorm2d(),
      relu,
      new Conv2d({ out, kernel: 3, padding: 1, bias: false }),
      new BatchNorm2d(),
      relu,
    );
  }

  forward(x: Tensor): Tensor {
    return this.double_conv.forward(x);
  }
}

/** Halves the size. */
class Down extends Module {
  readonly maxpool_conv: Sequential;

  constructor(out: number) {
    super();
    this.maxpool_conv = new Sequential(new MaxPool2d(2), new DoubleConv(out));
  }

  forward(x: Tensor): Tensor {
    return this.maxpool_conv.forward(x);
  }
}

/** Doubles the size, and joins what the way down had there. */
class Up extends Module<[below: Tensor, beside: Tensor]> {
  readonly up: Layer;
  readonly conv: DoubleConv;

  constructor(inputs: number, out: number, upsampling: "transposed" | "bilinear") {
    super();
    const half = Math.max(1, Math.floor(inputs / 2));
    const transposed = upsampling === "transposed";
    this.up = transposed
      ? new ConvTranspose2d({ out: half, kernel: 2, stride: 2 })
      : new Upsample({ scale: 2, mode: "bilinear", alignCorners: true });
    this.conv = transposed ? new DoubleConv(out) : new DoubleConv(out, half);
  }

  forward(below: Tensor, beside: Tensor): Tensor {
    const large = this.up.forward(below);
    return this.conv.forward(concat([beside, padTo(beside, large)], 1));
  }
}

/** `x` with zeros around it, so that it has the height and width of `image`. */
function padTo(image: Tensor, x: Tensor): Tensor {
  const [rows, columns] = [2, 3].map((axis) => (image.shape[axis] as number) - (x.shape[axis] as number)) as [
    number,
    number,
  ];
  if (rows === 0 && columns === 0) return x;
  const sides = (more: number): [number, number] => [Math.floor(more / 2), Math.ceil(more / 2)];
  return pad2d(x, [sides(rows), sides(columns)]);
}

/** 1×1 to one channel a class. */
class OutConv extends Module {
  readonly conv: Conv2d;

  constructor(classes: number) {
    super();
    this.conv = new Conv2d({ out: classes, kernel: 1 });
  }

  forward(x: Tensor): Tensor {
    return this.conv.forward(x);
  }
}

/**
 * [N, C, H, W] → logits [N, classes, H, W]; 31,037,698 parameters with 3 channels and 2 classes, 17,262,977 with 3
 * channels, 1 class and bilinear upsampling. Throws `OptionError`.
 *
 * @example const model = init(new UNet({ classes: 4, depth: 3, width: 0.25 }), [3, 128, 128]);
 */
export class UNet extends Module {
  readonly inc: DoubleConv;
  readonly outc: OutConv;
  readonly depth: number;
  [down: `down${number}`]: Down;
  [up: `up${number}`]: Up;

  constructor(options: UNetOptions = {}) {
    super();
    checkModelOptions("UNet", options, ["depth", "upsampling"]);
    const { classes = 2, inChannels, width, depth = 4, upsampling = "transposed" } = options;
    demandCount("UNet", "depth", depth, 4);
    demandOneOf("UNet", "upsampling", upsampling, ["transposed", "bilinear"]);
    const scaled = scaledBy(width);
    const channels = Array.from({ length: depth + 1 }, (_, i) => scaled(64 * 2 ** i));
    const at = (level: number): number => channels[level] as number;
    // Interpolation keeps the channels, so the levels below hand on half as many: what they are joined with has the others.
    const handedOn = (level: number): number =>
      level > 0 && upsampling === "bilinear" ? Math.max(1, Math.floor(at(level) / 2)) : at(level);
    this.depth = depth;
    this.inc = new DoubleConv(at(0), at(0), inChannels);
    for (let i = 1; i <= depth; i++) this[`down${i}`] = new Down(i === depth ? handedOn(depth) : at(i));
    for (let i = 1; i <= depth; i++) {
      this[`up${i}`] = new Up(at(depth - i + 1), handedOn(depth - i), upsampling);
    }
    this.outc = new OutConv(classes);
  }

  /** Values of `inc`, `down1` …, `up1` …, in the order in which they are computed. */
  featureMaps(x: Tensor): FeatureMaps {
    const maps: Record<string, Tensor> = { inc: this.inc.forward(x) };
    const beside = [maps.inc as Tensor];
    for (let i = 1; i <= this.depth; i++) {
      const y = (this[`down${i}`] as Down).forward(beside.at(-1) as Tensor);
      maps[`down${i}`] = y;
      beside.push(y);
    }
    let y = beside.pop() as Tensor;
    for (let i = 1; i <= this.depth; i++) {
      y = (this[`up${i}`] as Up).forward(y, beside.pop() as Tensor);
      maps[`up${i}`] = y;
    }
    return maps;
  }

  forward(x: Tensor): Tensor {
    return this.outc.forward(this.featureMaps(x)[`up${this.depth}`] as Tensor);
  }
}
