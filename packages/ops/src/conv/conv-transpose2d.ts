/**
 * Transposed convolution: the input gradient of `conv2d`, used forwards to enlarge images.
 *
 * x [N, I, H, W], weight [I, O / groups, KH, KW] → [N, O, H', W'] with
 * H' = (H − 1) · stride − padding + dilation · (KH − 1) + 1 + outputPadding (PyTorch's ConvTranspose2d). A strided
 * convolution maps `stride` input sizes to one output size; outputPadding says which of them is meant, it adds no zeros.
 */

import { checkOptions, type Tensor, windowExtent } from "@prewitt/core";
import { demandImages, demandSameFloat, IMAGE_AXES, named } from "../operands.ts";
import { Problems, plural } from "../problems.ts";
import { axisName } from "../window/axes.ts";
import { type PairOption, readPair, type Sides } from "../window/options.ts";
import {
  CONV_OPTIONS,
  type ConvAttributes,
  type ConvOptions,
  demandGroups,
  demandWeight,
  readConvOptions,
} from "./attributes.ts";
import { addChannelBias } from "./bias.ts";
import { conv2dInputGradientOp } from "./conv2d.ts";

const OP = "convTranspose2d";
const NO_PADDING: Sides = [
  [0, 0],
  [0, 0],
];
const AXES = ["I", "O/groups", "KH", "KW"] as const;

export interface ConvTranspose2dOptions extends ConvOptions {
  /** Rows and columns added at the bottom and the right to settle the size, less than the stride. Default 0. */
  readonly outputPadding?: PairOption | undefined;
  /** One number a filter, [O], added to every position. */
  readonly bias?: Tensor | undefined;
}

/**
 * `x` [N, I, H, W], `weight` [I, O / groups, KH, KW] → [N, O, H', W'], both float32 or both float64. Padding is that of
 * the convolution run backwards: it is cut off from the result. `"same"` is not possible here.
 * Throws `ShapeError`, `DTypeError` and `OptionError` as `conv2d`.
 *
 * @example convTranspose2d(x, weight, { stride: 2, padding: 1, outputPadding: 1 }) // 3×3 kernel: [N, I, 7, 7] → [N, O, 14, 14]
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  checkOptions(OP, options, [...CONV_OPTIONS, "outputPadding", "bias"]);
  const problems = new Problems();
  const attributes = readConvOptions(problems, options, ["valid"]);
  const outputPadding = readPair(problems, "outputPadding", options.outputPadding ?? 0, 0);
  for (const i of [0, 1] as const) {
    if (outputPadding[i] < attributes.stride[i]) continue;
    problems.option({
      summary: "outputPadding must be smaller than the stride",
      detail: `${axisName(i)}: outputPadding = ${outputPadding[i]}, stride = ${attributes.stride[i]}`,
      fix: `write outputPadding: ${attributes.stride[i] - 1}, or use a stride of ${outputPadding[i] + 1}`,
    });
  }
  const images = demandImages(problems, "x", x);
  const kernel = demandWeight(problems, weight, "[I, O/groups, KH, KW]");
  demandSameFloat(problems, { x, weight });
  if (images && kernel) demandChannels(problems, x, weight, attributes);
  const operands = [named("x", x, IMAGE_AXES), named("weight", weight, AXES)];
  problems.throwFrom(OP, operands);
  const sides = typeof attributes.padding === "string" ? NO_PADDING : attributes.padding;
  const size = (i: 0 | 1): number => {
    const extent = windowExtent(weight.shape[2 + i] as number, attributes.dilation[i]);
    const spread = ((x.shape[2 + i] as number) - 1) * attributes.stride[i];
    return spread - sides[i][0] - sides[i][1] + extent + outputPadding[i];
  };
  const inputSize = [size(0), size(1)] as const;
  demandSize(problems, inputSize);
  problems.throwFrom(OP, operands);
  const y = conv2dInputGradientOp.apply([x, weight], { ...attributes, padding: sides, inputSize });
  return options.bias === undefined ? y : addChannelBias(OP, y, options.bias);
}

function demandChannels(problems: Problems, x: Tensor, weight: Tensor, { groups }: ConvAttributes): void {
  const [reads] = weight.shape as [number];
  const channels = x.shape[1] as number;
  demandGroups(problems, reads, groups, "I");
  if (channels === reads) return;
  problems.shape({
    summary: `the input has ${plural(channels, "channel")}, the weight reads ${reads}`,
    detail: `C = ${channels}, but I = ${reads}`,
    fix: `give the weight I = ${channels}`,
  });
}

function demandSize(problems: Problems, size: readonly number[]): void {
  size.forEach((n, i) => {
    if (n >= 1) return;
    problems.shape({
      summary: "the padding cuts off the whole result",
      detail: `${axisName(i)} of the result would be ${n}`,
      fix: `use ${1 - n} less padding along ${axisName(i)}`,
    });
  });
}
