/**
 * What GoogLeNet and Inception v3 have in common: options, the convolution with batch norm and relu, and the statistics
 * that torchvision's pretrained weights expect of their images.
 */

import { locate, OptionError, type Tensor, tensor } from "@prewitt/core";
import { BatchNorm2d, Conv2d, initializers, Module } from "@prewitt/nn";
import { type PairOption, relu } from "@prewitt/ops";
import type { ModelOptions } from "./options.ts";

export interface InceptionOptions extends ModelOptions {
  /** Whether there are auxiliary classifiers, for `forwardWithAux`. Default false. */
  readonly auxLogits?: boolean | undefined;
  /**
   * Whether images that are normalised by the mean and deviation of ImageNet are brought to the ±1 that torchvision's
   * pretrained weights expect. Default false.
   */
  readonly transformInput?: boolean | undefined;
  /** Rate of the dropout before the last layer. Default 0.2 for GoogLeNet, 0.5 for Inception v3. */
  readonly dropout?: number | undefined;
}

export interface BasicConvOptions {
  readonly in?: number | undefined;
  readonly stride?: number | undefined;
  readonly padding?: PairOption | undefined;
  /** Of the initial weights, normal. */
  readonly deviation: number;
}

/** Convolution, batch norm, relu. */
export class BasicConv2d extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  constructor(out: number, kernel: PairOption, { deviation, ...options }: BasicConvOptions) {
    super();
    this.conv = new Conv2d({
      ...options,
      out,
      kernel,
      bias: false,
      weightInitializer: initializers.normal(0, deviation),
    });
    this.bn = new BatchNorm2d({ eps: 0.001, in: options.in === undefined ? undefined : out });
  }

  forward(x: Tensor): Tensor {
    return relu(this.bn.forward(this.conv.forward(x)));
  }
}

/** From ImageNet's mean and deviation per channel to the mean ½ and deviation ½. */
export function fromImageNetStatistics(x: Tensor): Tensor {
  const row = (values: readonly number[]): Tensor =>
    tensor(values, { dtype: "float64" }).reshape([1, 3, 1, 1]).cast(x.dtype);
  const scale = row([0.229 / 0.5, 0.224 / 0.5, 0.225 / 0.5]);
  const shift = row([(0.485 - 0.5) / 0.5, (0.456 - 0.5) / 0.5, (0.406 - 0.5) / 0.5]);
  return x.mul(scale).add(shift);
}

/** The error of a model that was made without auxiliary classifiers. */
export function withoutAux(name: string): OptionError {
  return locate(
    new OptionError({
      op: `${name}.forwardWithAux`,
      summary: "the model has no auxiliary classifiers",
      fix: `make it with new ${name}({ auxLogits: true }), or call forward`,
    }),
  );
}
