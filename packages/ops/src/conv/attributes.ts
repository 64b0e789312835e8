/**
 * Options, attributes and shape conditions that conv2d, its input gradient and its weight gradient share.
 *
 * x [N, C, H, W], weight [O, I, KH, KW] with I = C / groups, y [N, O, H', W']; group g connects the channels
 * g·I … (g+1)·I − 1 of x with the filters g·O/groups … (g+1)·O/groups − 1.
 */

import type { Attributes, ConvGeometry, Shape, TensorSpec } from "@prewitt/core";
import { demandImages, demandSameFloat } from "../operands.ts";
import { type Problems, plural } from "../problems.ts";
import { demandFit, sidesOf, type WindowAxes, windowAxes } from "../window/axes.ts";
import {
  type Padding,
  type PaddingOption,
  type Pair,
  type PairOption,
  readPadding,
  readPair,
  show,
} from "../window/options.ts";

export interface ConvOptions {
  /** Distance between window positions, a number or `[vertical, horizontal]`. Default 1. */
  readonly stride?: PairOption | undefined;
  /**
   * Zeros around the input: a number, `[vertical, horizontal]`, `[[top, bottom], [left, right]]`, `"valid"` (none, the
   * default) or `"same"` (⌈size / stride⌉ outputs, an odd cell at the bottom and the right).
   */
  readonly padding?: PaddingOption | undefined;
  /** Distance between taps of the kernel, a number or `[vertical, horizontal]`. Default 1. */
  readonly dilation?: PairOption | undefined;
  /** Independent groups of channels; the number of input channels makes it depthwise. Default 1. */
  readonly groups?: number | undefined;
}

export interface ConvAttributes extends Attributes {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
  readonly groups: number;
}

export const CONV_OPTIONS = ["stride", "padding", "dilation", "groups"] as const;

/** Normalised attributes; what is wrong with the options goes to `problems`. */
export function readConvOptions(problems: Problems, options: ConvOptions, words?: readonly string[]): ConvAttributes {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const count = Number.isSafeInteger(groups) && groups >= 1;
  if (!count) {
    problems.option({
      summary: "groups must be a positive integer",
      detail: `groups is ${show(groups)}`,
      fix: "write groups: 1",
    });
  }
  return {
    stride: readPair(problems, "stride", stride, 1),
    padding: readPadding(problems, padding, words),
    dilation: readPair(problems, "dilation", dilation, 1),
    groups: count ? groups : 1,
  };
}

/** The geometry of the forward convolution that x and weight of these shapes take part in. */
export function convGeometry(x: Shape, weight: Shape, attributes: ConvAttributes): ConvGeometry {
  const [n, , h, w] = x as [number, number, number, number];
  const [o, i, kh, kw] = weight as [number, number, number, number];
  const axes = windowAxes([h, w], [kh, kw], attributes);
  return { batch: n, groups: attributes.groups, channels: i, filters: o / attributes.groups, axes };
}

/** Shape of y. */
export function convOutput({ batch, groups, filters, axes }: ConvGeometry): Shape {
  return [batch, groups * filters, axes[0].output, axes[1].output];
}

/** The same attributes with the padding as numbers. */
export function explicitPadding<A extends ConvAttributes>(attributes: A, axes: WindowAxes): A {
  return { ...attributes, padding: sidesOf(axes) };
}

/** One multiplication and one addition for each output, channel and tap; the same for all three directions. */
export function convFlops(geometry: ConvGeometry): number {
  const { batch, groups, filters, channels, axes } = geometry;
  const taps = axes[0].kernel * axes[1].kernel;
  return 2 * batch * groups * filters * channels * taps * axes[0].output * axes[1].output;
}

/** Demands of a weight: 4 axes, none of them empty. Returns whether they hold. */
export function demandWeight(problems: Problems, weight: TensorSpec, axes = "[O, I, KH, KW]"): boolean {
  const rank = weight.shape.length;
  if (rank !== 4) {
    const fix =
      rank === 2 ? `weight.reshape([1, 1, ${weight.shape.join(", ")}]) for one filter` : `reshape weight to ${axes}`;
    problems.shape({ summary: `weight must have 4 axes ${axes}`, detail: `weight has rank ${rank}`, fix });
    return false;
  }
  if (!weight.shape.includes(0)) return true;
  problems.shape({
    summary: "weight is empty",
    detail: `weight has the shape [${weight.shape.join(", ")}]`,
    fix: "give every axis of weight at least 1 element",
  });
  return false;
}

/** Demands that `groups` divides the number of filters. */
export function demandGroups(problems: Problems, filters: number, groups: number, axis = "O"): void {
  if (filters % groups === 0) return;
  problems.shape({
    summary: `groups = ${groups} does not divide ${plural(filters, "filter")} evenly`,
    detail: `${axis} = ${filters} is not a multiple of groups = ${groups}`,
    fix: `use ${axis} = ${Math.ceil(filters / groups) * groups}`,
  });
}

/** All conditions of the forward convolution. */
export function checkConv(problems: Problems, x: TensorSpec, weight: TensorSpec, attributes: ConvAttributes): void {
  const { groups } = attributes;
  const images = demandImages(problems, "x", x);
  const kernel = demandWeight(problems, weight);
  demandSameFloat(problems, { x, weight });
  if (kernel) demandGroups(problems, weight.shape[0] as number, groups);
  if (!images || !kernel) return;
  const [, channels] = x.shape as [number, number];
  const [, reads] = weight.shape as [number, number];
  if (channels !== reads * groups) {
    problems.shape({
      summary: `the input has ${plural(channels, "channel")}, the weight reads ${reads * groups}`,
      detail: `C = ${channels}, but I × groups = ${reads} × ${groups} = ${reads * groups}`,
      fix:
        channels > 0 && channels % groups === 0
          ? `give the weight I = ${channels / groups}`
          : `give the input C = ${reads * groups}`,
    });
  }
  demandFit(problems, convGeometry(x.shape, weight.shape, attributes).axes);
}
