/**
 * Keras' layers by kind: the layer of nn that computes the same on images [N, C, H, W], and where its weights go.
 *
 * Keras has images [N, H, W, C] and kernels HWIO. Axis numbers of configs are translated; Flatten keeps Keras' order of
 * elements, so that the dense layer behind it takes its weights as they are.
 */

import { concat, type Tensor } from "@prewitt/core";
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  GlobalAvgPool2d,
  Identity,
  Lambda,
  type Layer,
  LeakyReLU,
  Linear,
  MaxPool2d,
  Sequential,
  Softmax,
  Upsample,
} from "@prewitt/nn";
import { rearrange } from "../state-dict/rearrange.ts";
import { activationOf, reluOf } from "./activations.ts";
import type { LayerOptions } from "./options.ts";

/** Of a layer: Keras' weight, the key in the module, and the change of its axes. */
export interface WeightRule {
  readonly from: string;
  readonly to: string;
  readonly axes?: string | undefined;
}

/** A layer with one input, or a function of several tensors. */
export interface BuiltLayer {
  readonly module?: Layer;
  readonly join?: (inputs: readonly Tensor[]) => Tensor;
  readonly weights?: readonly WeightRule[];
}

type Weight = (name: string) => Tensor;
type Build = (options: LayerOptions, weight: Weight) => BuiltLayer;

/** A layer with weights, and its activation behind it unless that is linear. */
function activated(options: LayerOptions, layer: Layer, axes: WeightRule, bias: boolean): BuiltLayer {
  const rules = [axes, ...(bias ? [{ from: "bias", to: "bias" }] : [])];
  const activation = activationOf(options);
  if (activation instanceof Identity) return { module: layer, weights: rules };
  return {
    module: new Sequential(layer, activation),
    weights: rules.map((rule) => ({ ...rule, to: `0.${rule.to}` })),
  };
}

const conv2d: Build = (options, weight) => {
  options.channelsLast();
  const used = options.flag("use_bias", true);
  const groups = options.count("groups", 1);
  const [, , inputs, out] = weight("kernel").shape as [number, number, number, number];
  const layer = new Conv2d({
    in: inputs * groups,
    out,
    kernel: options.pair("kernel_size", 1),
    stride: options.pair("strides", 1),
    padding: options.padding(),
    dilation: options.pair("dilation_rate", 1),
    groups,
    bias: used,
  });
  return activated(options, layer, { from: "kernel", to: "weight", axes: "HWIO->OIHW" }, used);
};

const depthwiseConv2d: Build = (options, weight) => {
  options.channelsLast();
  const used = options.flag("use_bias", true);
  const [, , channels, multiplier] = weight("depthwise_kernel").shape as [number, number, number, number];
  const layer = new Conv2d({
    in: channels,
    out: channels * multiplier,
    groups: channels,
    kernel: options.pair("kernel_size", 1),
    stride: options.pair("strides", 1),
    padding: options.padding(),
    dilation: options.pair("dilation_rate", 1),
    bias: used,
  });
  return activated(options, layer, { from: "depthwise_kernel", to: "weight", axes: "HWCM->(CM)1HW" }, used);
};

const dense: Build = (options, weight) => {
  const used = options.flag("use_bias", true);
  const [inputs, out] = weight("kernel").shape as [number, number];
  const layer = new Linear({ in: inputs, out, bias: used });
  return activated(options, layer, { from: "kernel", to: "weight", axes: "IO->OI" }, used);
};

const batchNorm: Build = (options, weight) => {
  channelAxis(options, "axis", -1);
  if (!options.flag("center", true) || !options.flag("scale", true)) options.refuse("center and scale must be true");
  const module = new BatchNorm2d({ in: weight("gamma").shape[0] as number, eps: options.number("epsilon", 1e-3) });
  return {
    module,
    weights: [
      { from: "gamma", to: "weight" },
      { from: "beta", to: "bias" },
      { from: "moving_mean", to: "running_mean" },
      { from: "moving_variance", to: "running_var" },
    ],
  };
};

/** The last axis, however the config spells it. */
function channelAxis(options: LayerOptions, key: string, fallback: number): void {
  options.oneOf(key, [3, -1], fallback);
}

const upsampling: Build = (options) => {
  options.channelsLast();
  const mode = options.oneOf("interpolation", ["nearest", "bilinear"], "nearest");
  return { module: new Upsample({ scale: options.pair("size", 2), mode }) };
};

const pooled =
  (make: (window: { kernel: [number, number]; stride: [number, number]; padding: "same" | "valid" }) => Layer): Build =>
  (options) => {
    options.channelsLast();
    const kernel = options.pair("pool_size", 2);
    return { module: make({ kernel, stride: options.pair("strides", kernel), padding: options.padding() }) };
  };

const flatten = (x: Tensor): Tensor =>
  x.shape.length === 4
    ? rearrange(x, "NCHW->N(HWC)")
    : x.reshape([x.shape[0] as number, x.size / (x.shape[0] as number)]);

/** Axis of a concatenation: of images the channels, rows or columns, of vectors the elements. */
function concatAxis(options: LayerOptions, rank: number): number {
  const axis = options.number("axis", -1);
  const positive = axis < 0 ? axis + rank : axis;
  if (rank !== 4) return positive;
  return ({ 1: 2, 2: 3, 3: 1 } as Readonly<Record<number, number>>)[positive] ?? options.refuse(`axis is ${axis}`);
}

const join =
  (combine: (a: Tensor, b: Tensor) => Tensor): Build =>
  () => ({ join: (inputs) => inputs.reduce(combine) });

export const layerKinds: ReadonlyMap<string, Build> = new Map<string, Build>([
  ["Conv2D", conv2d],
  ["DepthwiseConv2D", depthwiseConv2d],
  ["Dense", dense],
  ["BatchNormalization", batchNorm],
  ["Activation", (options) => ({ module: activationOf(options) })],
  ["ReLU", (options) => ({ module: reluOf(options) })],
  ["LeakyReLU", (options) => ({ module: new LeakyReLU({ negativeSlope: options.number("alpha", 0.3) }) })],
  [
    "Softmax",
    (options) => {
      channelAxis(options, "axis", -1);
      return { module: new Softmax({ axis: 1 }) };
    },
  ],
  ["Dropout", (options) => ({ module: new Dropout(options.number("rate")) })],
  ["UpSampling2D", upsampling],
  ["MaxPooling2D", pooled((window) => new MaxPool2d(window))],
  // TensorFlow's means leave the padding out.
  ["AveragePooling2D", pooled((window) => new AvgPool2d({ ...window, countIncludePad: false }))],
  [
    "GlobalAveragePooling2D",
    (options) => {
      options.channelsLast();
      return { module: new GlobalAvgPool2d({ keepDims: options.flag("keepdims", false) }) };
    },
  ],
  ["Flatten", () => ({ module: new Lambda(flatten) })],
  ["Add", join((a, b) => a.add(b))],
  ["Multiply", join((a, b) => a.mul(b))],
  [
    "Concatenate",
    (options) => ({ join: (inputs) => concat(inputs, concatAxis(options, inputs[0]?.shape.length ?? 0)) }),
  ],
  ["InputLayer", () => ({ module: new Identity() })],
]);
