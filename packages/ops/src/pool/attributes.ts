/**
 * Options, attributes and shape conditions of pooling: x [N, C, H, W] → y [N, C, H', W'], window by window in each plane.
 */

import {
  type Attributes,
  checkOptions,
  type PoolGeometry,
  type Shape,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { demandImages, IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { axisName, demandFit, sidesOf, windowAxes } from "../window/axes.ts";
import {
  type Padding,
  type PaddingOption,
  type Pair,
  type PairOption,
  readFlag,
  readPadding,
  readPair,
} from "../window/options.ts";

export interface PoolOptions {
  /** Height and width of the window, a number or `[vertical, horizontal]`. */
  readonly kernel: PairOption;
  /** Distance between windows. Default: the kernel, so that windows touch and do not overlap. */
  readonly stride?: PairOption | undefined;
  /** Cells around the input: a number, `[vertical, horizontal]`, `[[top, bottom], [left, right]]`, `"same"` or `"valid"`. */
  readonly padding?: PaddingOption | undefined;
  /** Distance between the cells of a window. Default 1. */
  readonly dilation?: PairOption | undefined;
  /** Round the number of windows up, so that a last incomplete window counts. Default false. */
  readonly ceilMode?: boolean | undefined;
}

export interface PoolAttributes extends Attributes {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
  readonly ceilMode: boolean;
}

/** Attributes of an op that maps an output of pooling back to the input, or reads it there. */
export interface UnpoolAttributes extends PoolAttributes, Attributes {
  /** Height and width of the pooled image. */
  readonly inputSize: Pair;
}

export const POOL_OPTIONS = ["kernel", "stride", "padding", "dilation", "ceilMode"] as const;

/** `2` and `[2, 3]` stand for `{ kernel: 2 }` and `{ kernel: [2, 3] }`. */
export function poolOptions<O extends PoolOptions>(op: string, given: O | PairOption, known: readonly string[]): O {
  if (typeof given === "number" || Array.isArray(given)) return { kernel: given } as unknown as O;
  checkOptions(op, given as O, known);
  return (given ?? {}) as O;
}

/** Normalised attributes; what is wrong with the options goes to `problems`. */
export function readPoolOptions(problems: Problems, options: PoolOptions): PoolAttributes {
  const kernel = readPair(problems, "kernel", options.kernel, 1);
  return {
    kernel,
    stride: options.stride === undefined ? kernel : readPair(problems, "stride", options.stride, 1),
    padding: readPadding(problems, options.padding ?? 0),
    dilation: readPair(problems, "dilation", options.dilation ?? 1, 1),
    ceilMode: readFlag(problems, "ceilMode", options.ceilMode ?? false),
  };
}

export function poolGeometry(x: Shape, attributes: PoolAttributes): PoolGeometry {
  const [n, c, h, w] = x as [number, number, number, number];
  return { batch: n, channels: c, axes: windowAxes([h, w], attributes.kernel, attributes) };
}

/** Shape of the output. */
export function poolOutput({ batch, channels, axes }: PoolGeometry): Shape {
  return [batch, channels, axes[0].output, axes[1].output];
}

/** The attributes of the way back from an output of pooling `x`. */
export function unpoolAttributes<A extends PoolAttributes>(x: Shape, attributes: A): A & UnpoolAttributes {
  const { axes } = poolGeometry(x, attributes);
  return { ...attributes, padding: sidesOf(axes), inputSize: [x[2] as number, x[3] as number] };
}

/** Demands 4 axes and windows that fit. Returns the geometry where they do. */
export function demandPool(problems: Problems, x: TensorSpec, attributes: PoolAttributes): PoolGeometry | undefined {
  if (!demandImages(problems, "x", x)) return undefined;
  const geometry = poolGeometry(x.shape, attributes);
  const before = problems.any;
  demandFit(problems, geometry.axes);
  return problems.any && !before ? undefined : geometry;
}

/** Shape of the pooled image, from that of an output of pooling. */
export function pooledShape(dy: Shape, { inputSize }: UnpoolAttributes): Shape {
  return [dy[0] as number, dy[1] as number, ...inputSize];
}

/** Demands that `dy` has the shape of an output of pooling an image of `inputSize`. */
export function demandPooled(problems: Problems, name: string, dy: TensorSpec, attributes: UnpoolAttributes): void {
  if (!demandImages(problems, name, dy)) return;
  const { inputSize } = attributes;
  const wanted = poolOutput(poolGeometry(pooledShape(dy.shape, attributes), attributes));
  for (const i of [0, 1] as const) {
    if (dy.shape[2 + i] === wanted[2 + i]) continue;
    problems.shape({
      summary: `${name} is not an output of this pooling`,
      detail: `${axisName(i)}: an input of ${inputSize[i]} gives ${wanted[2 + i]}, ${name} has ${dy.shape[2 + i]}`,
      fix: `give ${name} the spatial shape [${wanted[2]}, ${wanted[3]}], or another inputSize`,
    });
  }
}

/** Applies what a user asked for: options read and checked, at the user's line. */
export function readPool(op: string, x: Tensor, options: PoolOptions): PoolAttributes {
  const problems = new Problems();
  const attributes = readPoolOptions(problems, options);
  problems.throwFrom(op, [named("x", x, IMAGE_AXES)]);
  return attributes;
}

/** Taps per output element. */
export function poolFlops(geometry: PoolGeometry): number {
  const [rows, columns] = geometry.axes;
  return geometry.batch * geometry.channels * rows.output * columns.output * rows.kernel * columns.kernel;
}
