/**
 * The blocks of Inception v3, with torchvision's names: branches beside each other whose channels are joined. Every branch
 * is made of convolutions with batch norm and relu; n×n convolutions may be taken apart into 1×n and n×1.
 */

import { concat, type Tensor } from "@prewitt/core";
import { initializers, Linear, Module } from "@prewitt/nn";
import { avgPool2d, globalAvgPool2d, maxPool2d } from "@prewitt/ops";
import { BasicConv2d, type BasicConvOptions } from "./inception-common.ts";

/** From published channels to those of the network's width. */
type Scale = (channels: number) => number;

/** Of initial weights. */
export const DEVIATION = 0.1;
/** Convolution, batch norm and relu. */
export const conv = (
  out: number,
  kernel: number | readonly [number, number],
  options: Omit<BasicConvOptions, "deviation"> = {},
): BasicConv2d => new BasicConv2d(out, kernel, { ...options, deviation: DEVIATION });

/** A convolution of one row, or of one column, that keeps the size. */
const row = (out: number, n: number): BasicConv2d => conv(out, [1, n], { padding: [0, (n - 1) / 2] });
const column = (out: number, n: number): BasicConv2d => conv(out, [n, 1], { padding: [(n - 1) / 2, 0] });

/** Mean of each pixel and its neighbours; cells outside of the image count as zeros. */
const smooth = (x: Tensor): Tensor => avgPool2d(x, { kernel: 3, stride: 1, padding: 1 });

/** Applies layers one after the other. */
export const chain = (x: Tensor, ...layers: readonly BasicConv2d[]): Tensor =>
  layers.reduce((y, layer) => layer.forward(y), x);

export class InceptionA extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch5x5_1: BasicConv2d;
  readonly branch5x5_2: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;
  readonly branch_pool: BasicConv2d;

  constructor(scaled: Scale, poolFeatures: number) {
    super();
    this.branch1x1 = conv(scaled(64), 1);
    this.branch5x5_1 = conv(scaled(48), 1);
    this.branch5x5_2 = conv(scaled(64), 5, { padding: 2 });
    this.branch3x3dbl_1 = conv(scaled(64), 1);
    this.branch3x3dbl_2 = conv(scaled(96), 3, { padding: 1 });
    this.branch3x3dbl_3 = conv(scaled(96), 3, { padding: 1 });
    this.branch_pool = conv(scaled(poolFeatures), 1);
  }

  forward(x: Tensor): Tensor {
    const branches = [
      this.branch1x1.forward(x),
      chain(x, this.branch5x5_1, this.branch5x5_2),
      chain(x, this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3),
      this.branch_pool.forward(smooth(x)),
    ];
    return concat(branches, 1);
  }
}

/** Halves the size. */
export class InceptionB extends Module {
  readonly branch3x3: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;

  constructor(scaled: Scale) {
    super();
    this.branch3x3 = conv(scaled(384), 3, { stride: 2 });
    this.branch3x3dbl_1 = conv(scaled(64), 1);
    this.branch3x3dbl_2 = conv(scaled(96), 3, { padding: 1 });
    this.branch3x3dbl_3 = conv(scaled(96), 3, { stride: 2 });
  }

  forward(x: Tensor): Tensor {
    const branches = [
      this.branch3x3.forward(x),
      chain(x, this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3),
      maxPool2d(x, { kernel: 3, stride: 2 }),
    ];
    return concat(branches, 1);
  }
}

/** 7×7 convolutions as rows and columns. */
export class InceptionC extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch7x7_1: BasicConv2d;
  readonly branch7x7_2: BasicConv2d;
  readonly branch7x7_3: BasicConv2d;
  readonly branch7x7dbl_1: BasicConv2d;
  readonly branch7x7dbl_2: BasicConv2d;
  readonly branch7x7dbl_3: BasicConv2d;
  readonly branch7x7dbl_4: BasicConv2d;
  readonly branch7x7dbl_5: BasicConv2d;
  readonly branch_pool: BasicConv2d;

  constructor(scaled: Scale, channels7x7: number) {
    super();
    const [out, inner] = [scaled(192), scaled(channels7x7)];
    this.branch1x1 = conv(out, 1);
    this.branch7x7_1 = conv(inner, 1);
    this.branch7x7_2 = row(inner, 7);
    this.branch7x7_3 = column(out, 7);
    this.branch7x7dbl_1 = conv(inner, 1);
    this.branch7x7dbl_2 = column(inner, 7);
    this.branch7x7dbl_3 = row(inner, 7);
    this.branch7x7dbl_4 = column(inner, 7);
    this.branch7x7dbl_5 = row(out, 7);
    this.branch_pool = conv(out, 1);
  }

  forward(x: Tensor): Tensor {
    const branches = [
      this.branch1x1.forward(x),
      chain(x, this.branch7x7_1, this.branch7x7_2, this.branch7x7_3),
      chain(x, this.branch7x7dbl_1, this.branch7x7dbl_2, this.branch7x7dbl_3, this.branch7x7dbl_4, this.branch7x7dbl_5),
      this.branch_pool.forward(smooth(x)),
    ];
    return concat(branches, 1);
  }
}

/** Halves the size. */
export class InceptionD extends Module {
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2: BasicConv2d;
  readonly branch7x7x3_1: BasicConv2d;
  readonly branch7x7x3_2: BasicConv2d;
  readonly branch7x7x3_3: BasicConv2d;
  readonly branch7x7x3_4: BasicConv2d;

  constructor(scaled: Scale) {
    super();
    this.branch3x3_1 = conv(scaled(192), 1);
    this.branch3x3_2 = conv(scaled(320), 3, { stride: 2 });
    this.branch7x7x3_1 = conv(scaled(192), 1);
    this.branch7x7x3_2 = row(scaled(192), 7);
    this.branch7x7x3_3 = column(scaled(192), 7);
    this.branch7x7x3_4 = conv(scaled(192), 3, { stride: 2 });
  }

  forward(x: Tensor): Tensor {
    const branches = [
      chain(x, this.branch3x3_1, this.branch3x3_2),
      chain(x, this.branch7x7x3_1, this.branch7x7x3_2, this.branch7x7x3_3, this.branch7x7x3_4),
      maxPool2d(x, { kernel: 3, stride: 2 }),
    ];
    return concat(branches, 1);
  }
}

/** The widest block: rows and columns beside each other. */
export class InceptionE extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2a: BasicConv2d;
  readonly branch3x3_2b: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3a: BasicConv2d;
  readonly branch3x3dbl_3b: BasicConv2d;
  readonly branch_pool: BasicConv2d;

  constructor(scaled: Scale) {
    super();
    this.branch1x1 = conv(scaled(320), 1);
    this.branch3x3_1 = conv(scaled(384), 1);
    this.branch3x3_2a = row(scaled(384), 3);
    this.branch3x3_2b = column(scaled(384), 3);
    this.branch3x3dbl_1 = conv(scaled(448), 1);
    this.branch3x3dbl_2 = conv(scaled(384), 3, { padding: 1 });
    this.branch3x3dbl_3a = row(scaled(384), 3);
    this.branch3x3dbl_3b = column(scaled(384), 3);
    this.branch_pool = conv(scaled(192), 1);
  }

  forward(x: Tensor): Tensor {
    const single = this.branch3x3_1.forward(x);
    const double = chain(x, this.branch3x3dbl_1, this.branch3x3dbl_2);
    const branches = [
      this.branch1x1.forward(x),
      this.branch3x3_2a.forward(single),
      this.branch3x3_2b.forward(single),
      this.branch3x3dbl_3a.forward(double),
      this.branch3x3dbl_3b.forward(double),
      this.branch_pool.forward(smooth(x)),
    ];
    return concat(branches, 1);
  }
}

/** The auxiliary classifier. Its input sizes are given, because `forward` does not reach it. */
export class InceptionAux extends Module {
  readonly conv0: BasicConv2d;
  readonly conv1: BasicConv2d;
  readonly fc: Linear;

  constructor(scaled: Scale, inputs: number, classes: number) {
    super();
    this.conv0 = conv(scaled(128), 1, { in: inputs });
    this.conv1 = new BasicConv2d(scaled(768), 5, { in: scaled(128), deviation: 0.01 });
    this.fc = new Linear({ in: scaled(768), out: classes, weightInitializer: initializers.normal(0, 0.001) });
  }

  forward(x: Tensor): Tensor {
    const features = chain(avgPool2d(x, { kernel: 5, stride: 3 }), this.conv0, this.conv1);
    return this.fc.forward(globalAvgPool2d(features));
  }
}
