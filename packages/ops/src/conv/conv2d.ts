/**
 * Two-dimensional convolution (cross-correlation, as in every deep-learning library), and its two gradients.
 *
 * With i = p·s − a + k·d, j = q·s' − a' + l·d' (stride s, padding before a, dilation d) and c, o inside one group:
 *
 *   y[n, o, p, q]  = Σ_{c, k, l} w[o, c, k, l] · x[n, c, i, j]        forward
 *   x̄[n, c, i, j]  = Σ_{o, k, l, p, q: …} w[o, c, k, l] · ȳ[n, o, p, q]    input gradient: the transposed convolution
 *   w̄[o, c, k, l]  = Σ_{n, p, q} ȳ[n, o, p, q] · x[n, c, i, j]        weight gradient
 *
 * All three are contractions of one trilinear form T(x, w, ȳ) = Σ ȳ·w·x: each is T without one of its arguments, so the
 * derivative of any of them in either argument is one of the other two, and the family is closed at every order.
 */

import {
  type Attributes,
  checkOptions,
  defineOp,
  type Op,
  type Shape,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { demandImages, demandSameFloat, IMAGE_AXES, named, WEIGHT_AXES } from "../operands.ts";
import { Problems, plural } from "../problems.ts";
import { axisName } from "../window/axes.ts";
import { type Pair, readPair } from "../window/options.ts";
import {
  CONV_OPTIONS,
  type ConvAttributes,
  type ConvOptions,
  checkConv,
  convFlops,
  convGeometry,
  convOutput,
  demandGroups,
  demandWeight,
  explicitPadding,
  readConvOptions,
} from "./attributes.ts";
import { addChannelBias } from "./bias.ts";

interface InputGradientAttributes extends ConvAttributes, Attributes {
  /** Height and width of x. */
  readonly inputSize: Pair;
}

interface WeightGradientAttributes extends ConvAttributes, Attributes {
  /** Height and width of the kernel. */
  readonly kernel: Pair;
}

const OUTPUT_AXES = ["N", "O", "H", "W"] as const;

function lastTwo(shape: Shape): Pair {
  return [shape[2] as number, shape[3] as number];
}

/** Shape of x, from those of ȳ and w. */
function inputShape(dy: Shape, weight: Shape, { groups, inputSize }: InputGradientAttributes): Shape {
  return [dy[0] as number, (weight[1] as number) * groups, ...inputSize];
}

/** Shape of w, from those of x and ȳ. */
function weightShape(x: Shape, dy: Shape, { groups, kernel }: WeightGradientAttributes): Shape {
  return [dy[1] as number, (x[1] as number) / groups, ...kernel];
}

export const conv2dOp: Op<ConvAttributes> = defineOp<ConvAttributes>({
  name: "conv2d",
  inputNames: ["x", "weight"],
  infer: ({ inputs, attributes }) => {
    const [x, weight] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    checkConv(problems, x, weight, attributes);
    problems.throw([named("x", x, IMAGE_AXES), named("weight", weight, WEIGHT_AXES)]);
    return { shape: convOutput(convGeometry(x.shape, weight.shape, attributes)), dtype: x.dtype };
  },
  flops: ({ inputs: [x, weight], attributes }) =>
    convFlops(convGeometry((x as TensorSpec).shape, (weight as TensorSpec).shape, attributes)),
  // ∂T/∂x and ∂T/∂w at the cotangent ȳ.
  vjp: ({ inputs, dy, attributes, needs }) => {
    const [x, weight] = inputs as readonly [Tensor, Tensor];
    const same = explicitPadding(attributes, convGeometry(x.shape, weight.shape, attributes).axes);
    return [
      needs(0) ? conv2dInputGradientOp.apply([dy, weight], { ...same, inputSize: lastTwo(x.shape) }) : null,
      needs(1) ? conv2dWeightGradientOp.apply([x, dy], { ...same, kernel: lastTwo(weight.shape) }) : null,
    ];
  },
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "conv",
    direction: "forward",
    geometry: convGeometry(inputs[0]?.shape as Shape, inputs[1]?.shape as Shape, attributes),
    reads: inputs,
    writes: outputs,
  }),
});

export const conv2dInputGradientOp: Op<InputGradientAttributes> = defineOp<InputGradientAttributes>({
  name: "conv2dInputGradient",
  inputNames: ["dy", "weight"],
  infer: ({ inputs, attributes }) => {
    const [dy, weight] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    const images = demandImages(problems, "dy", dy);
    const kernel = demandWeight(problems, weight);
    demandSameFloat(problems, { dy, weight });
    if (images && kernel) {
      demandGroups(problems, weight.shape[0] as number, attributes.groups);
      const x = { shape: inputShape(dy.shape, weight.shape, attributes) };
      demandOutput(problems, dy, x, weight, attributes);
    }
    problems.throw([named("dy", dy, OUTPUT_AXES), named("weight", weight, WEIGHT_AXES)]);
    return { shape: inputShape(dy.shape, weight.shape, attributes), dtype: dy.dtype };
  },
  flops: ({ inputs: [dy, weight], attributes }) => {
    const { shape } = weight as TensorSpec;
    return convFlops(convGeometry(inputShape((dy as TensorSpec).shape, shape, attributes), shape, attributes));
  },
  // The result is x̄ = ∂T/∂x; with its cotangent u in the place of x, ∂T/∂ȳ and ∂T/∂w at u.
  vjp: ({ inputs, dy: u, attributes, needs }) => {
    const [dy, weight] = inputs as readonly [Tensor, Tensor];
    const { inputSize: _, ...given } = attributes;
    const same = explicitPadding(given, convGeometry(u.shape, weight.shape, given).axes);
    return [
      needs(0) ? conv2dOp.apply([u, weight], same) : null,
      needs(1) ? conv2dWeightGradientOp.apply([u, dy], { ...same, kernel: lastTwo(weight.shape) }) : null,
    ];
  },
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "conv",
    direction: "inputGradient",
    geometry: convGeometry(outputs[0]?.shape as Shape, inputs[1]?.shape as Shape, attributes),
    reads: inputs,
    writes: outputs,
  }),
});

export const conv2dWeightGradientOp: Op<WeightGradientAttributes> = defineOp<WeightGradientAttributes>({
  name: "conv2dWeightGradient",
  inputNames: ["x", "dy"],
  infer: ({ inputs, attributes }) => {
    const [x, dy] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    const both = [demandImages(problems, "x", x), demandImages(problems, "dy", dy)].every(Boolean);
    demandSameFloat(problems, { x, dy });
    if (both) {
      demandGroups(problems, dy.shape[1] as number, attributes.groups);
      demandGroups(problems, x.shape[1] as number, attributes.groups, "C");
      const weight = { shape: weightShape(x.shape, dy.shape, attributes) };
      demandOutput(problems, dy, x, weight, attributes);
    }
    problems.throw([named("x", x, IMAGE_AXES), named("dy", dy, OUTPUT_AXES)]);
    return { shape: weightShape(x.shape, dy.shape, attributes), dtype: x.dtype };
  },
  flops: ({ inputs, attributes }) => {
    const [x, dy] = inputs as readonly [TensorSpec, TensorSpec];
    return convFlops(convGeometry(x.shape, weightShape(x.shape, dy.shape, attributes), attributes));
  },
  // The result is w̄ = ∂T/∂w; with its cotangent u in the place of w, ∂T/∂x and ∂T/∂ȳ at u.
  vjp: ({ inputs, dy: u, attributes, needs }) => {
    const [x, dy] = inputs as readonly [Tensor, Tensor];
    const { kernel: _, ...given } = attributes;
    const same = explicitPadding(given, convGeometry(x.shape, u.shape, given).axes);
    return [
      needs(0) ? conv2dInputGradientOp.apply([dy, u], { ...same, inputSize: lastTwo(x.shape) }) : null,
      needs(1) ? conv2dOp.apply([x, u], same) : null,
    ];
  },
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "conv",
    direction: "weightGradient",
    geometry: convGeometry(inputs[0]?.shape as Shape, outputs[0]?.shape as Shape, attributes),
    reads: inputs,
    writes: outputs,
  }),
});

/** Demands that dy has the shape of the output that x and weight would give. */
function demandOutput(
  problems: Problems,
  dy: TensorSpec,
  x: { readonly shape: Shape },
  weight: { readonly shape: Shape },
  attributes: ConvAttributes,
): void {
  const wanted = convOutput(convGeometry(x.shape, weight.shape, attributes));
  const sizes = lastTwo(x.shape);
  if (dy.shape[0] !== x.shape[0]) {
    problems.shape({
      summary: "x and dy have different batches",
      detail: `x has N = ${x.shape[0]}, dy has N = ${dy.shape[0]}`,
      fix: `give dy N = ${x.shape[0]}`,
    });
  }
  if (dy.shape[1] !== weight.shape[0]) {
    problems.shape({
      summary: `dy has ${plural(dy.shape[1] as number, "channel")}, the weight has ${plural(weight.shape[0] as number, "filter")}`,
      detail: `dy has O = ${dy.shape[1]}, weight has O = ${weight.shape[0]}`,
      fix: `give dy O = ${weight.shape[0]}`,
    });
  }
  for (const i of [0, 1] as const) {
    if (dy.shape[2 + i] === wanted[2 + i]) continue;
    problems.shape({
      summary: "dy is not the output of this convolution",
      detail: `${axisName(i)}: an input of ${sizes[i]} gives ${wanted[2 + i]}, dy has ${dy.shape[2 + i]}`,
      fix: `give dy the spatial shape [${wanted[2]}, ${wanted[3]}], or another inputSize or kernel`,
    });
  }
}

export interface Conv2dOptions extends ConvOptions {
  /** One number a filter, [O], added to every position. */
  readonly bias?: Tensor | undefined;
}

/**
 * Convolves images with filters: `x` [N, C, H, W], `weight` [O, C / groups, KH, KW] → [N, O, H', W'], both float32 or
 * both float64. H' = ⌊(H + padding − dilation · (KH − 1) − 1) / stride⌋ + 1, likewise W'.
 *
 * The kernel is not flipped (cross-correlation); `flipKernel` turns one into the other.
 * Throws `ShapeError` when ranks, channels, groups or sizes do not fit, `DTypeError` for other dtypes, `OptionError` for
 * options that are unknown or out of range.
 *
 * @example
 * conv2d(images, weight, { stride: 2, padding: "same", bias })     // [N, 3, 32, 32] → [N, O, 16, 16]
 * conv2d(x, depthwise, { groups: 64, padding: [[0, 1], [0, 1]] })  // weight [64, 1, 2, 2]
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  checkOptions("conv2d", options, [...CONV_OPTIONS, "bias"]);
  const problems = new Problems();
  const attributes = readConvOptions(problems, options);
  problems.throwFrom("conv2d", [named("x", x, IMAGE_AXES), named("weight", weight, WEIGHT_AXES)]);
  const y = conv2dOp.apply([x, weight], attributes);
  return options.bias === undefined ? y : addChannelBias("conv2d", y, options.bias);
}

export interface Conv2dInputGradientOptions extends ConvOptions {
  /** Height and width of the input of the forward convolution. */
  readonly inputSize: number | Pair;
}

/**
 * Gradient of `conv2d` in its input: `dy` [N, O, H', W'], `weight` [O, C / groups, KH, KW] → [N, C, H, W], with [H, W] =
 * `inputSize` and the options of the forward convolution. It is differentiable itself, in both arguments.
 * Throws as `conv2d`, and `ShapeError` when `dy` is not an output that this input and weight could have.
 */
export function conv2dInputGradient(dy: Tensor, weight: Tensor, options: Conv2dInputGradientOptions): Tensor {
  const op = "conv2dInputGradient";
  checkOptions(op, options, [...CONV_OPTIONS, "inputSize"]);
  const problems = new Problems();
  const attributes = readConvOptions(problems, options);
  const inputSize = readPair(problems, "inputSize", options.inputSize, 1);
  problems.throwFrom(op, [named("dy", dy, OUTPUT_AXES), named("weight", weight, WEIGHT_AXES)]);
  return conv2dInputGradientOp.apply([dy, weight], { ...attributes, inputSize });
}

export interface Conv2dWeightGradientOptions extends ConvOptions {
  /** Height and width of the kernel. */
  readonly kernel: number | Pair;
}

/**
 * Gradient of `conv2d` in its weight: `x` [N, C, H, W], `dy` [N, O, H', W'] → [O, C / groups, KH, KW], with [KH, KW] =
 * `kernel` and the options of the forward convolution. It is differentiable itself, in both arguments.
 * Throws as `conv2d`, and `ShapeError` when `dy` is not an output that this input and kernel could have.
 */
export function conv2dWeightGradient(x: Tensor, dy: Tensor, options: Conv2dWeightGradientOptions): Tensor {
  const op = "conv2dWeightGradient";
  checkOptions(op, options, [...CONV_OPTIONS, "kernel"]);
  const problems = new Problems();
  const attributes = readConvOptions(problems, options);
  const kernel = readPair(problems, "kernel", options.kernel, 1);
  problems.throwFrom(op, [named("x", x, IMAGE_AXES), named("dy", dy, OUTPUT_AXES)]);
  return conv2dWeightGradientOp.apply([x, dy], { ...attributes, kernel });
}
