/**
 * One-dimensional convolution: `conv2d` of the signal as an image of one row, x [N, C, L] → [N, C, 1, L].
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { demandSameFloat, named } from "../operands.ts";
import { Problems, plural } from "../problems.ts";
import { formatSides, type Sides, show } from "../window/options.ts";
import { convGeometry, demandGroups } from "./attributes.ts";
import { addChannelBias } from "./bias.ts";
import { conv2dOp } from "./conv2d.ts";

export interface Conv1dOptions {
  /** Distance between window positions. Default 1. */
  readonly stride?: number | undefined;
  /** Zeros around the signal: a number, `[before, after]`, `"valid"` (none, the default) or `"same"` (⌈L / stride⌉ outputs). */
  readonly padding?: number | readonly [before: number, after: number] | "same" | "valid" | undefined;
  /** Distance between taps of the kernel. Default 1. */
  readonly dilation?: number | undefined;
  /** Independent groups of channels. Default 1. */
  readonly groups?: number | undefined;
  /** One number a filter, [O], added to every position. */
  readonly bias?: Tensor | undefined;
}

const OP = "conv1d";
const KNOWN = ["stride", "padding", "dilation", "groups", "bias"] as const;

function readCount(problems: Problems, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  problems.option({
    summary: `${name} must be a positive integer`,
    detail: `${name} is ${show(value)}`,
    fix: `write ${name}: 1`,
  });
  return 1;
}

function readSides(problems: Problems, padding: unknown): Sides | "same" | "valid" {
  if (padding === "same" || padding === "valid") return padding;
  const fits = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (fits(padding))
    return [
      [0, 0],
      [padding, padding],
    ];
  if (Array.isArray(padding) && padding.length === 2 && padding.every(fits)) {
    const [before, after] = padding as [number, number];
    return [
      [0, 0],
      [before, after],
    ];
  }
  problems.option({
    summary: 'padding must be a number, [before, after], "same" or "valid"',
    detail: `padding is ${show(padding)}`,
    fix: "write padding: 1, or padding: [0, 1]",
  });
  return "valid";
}

function demandRank(problems: Problems, name: string, x: Tensor, axes: string): boolean {
  if (x.rank === 3 && (name === "x" || !x.shape.includes(0))) return true;
  problems.shape(
    x.rank === 3
      ? {
          summary: "weight is empty",
          detail: `weight has the shape [${x.shape.join(", ")}]`,
          fix: "give every axis of weight at least 1 element",
        }
      : {
          summary: `${name} must have 3 axes ${axes}`,
          detail: `${name} has rank ${x.rank}`,
          fix: `reshape ${name} to ${axes}`,
        },
  );
  return false;
}

/**
 * Convolves signals with filters: `x` [N, C, L], `weight` [O, C / groups, K] → [N, O, L'], both float32 or both float64.
 * L' = ⌊(L + padding − dilation · (K − 1) − 1) / stride⌋ + 1.
 *
 * Throws `ShapeError` when ranks, channels, groups or sizes do not fit, `DTypeError` for other dtypes, `OptionError`.
 *
 * @example conv1d(signals, weight, { stride: 2, padding: "same", bias }) // [N, 2, 1000] → [N, O, 500]
 */
export function conv1d(x: Tensor, weight: Tensor, options: Conv1dOptions = {}): Tensor {
  checkOptions(OP, options, KNOWN);
  const problems = new Problems();
  const stride = readCount(problems, "stride", options.stride ?? 1);
  const dilation = readCount(problems, "dilation", options.dilation ?? 1);
  const groups = readCount(problems, "groups", options.groups ?? 1);
  const padding = readSides(problems, options.padding ?? 0);
  const ranks = [demandRank(problems, "x", x, "[N, C, L]"), demandRank(problems, "weight", weight, "[O, I, K]")];
  demandSameFloat(problems, { x, weight });
  const attributes = { stride: [1, stride], dilation: [1, dilation], groups, padding } as const;
  if (ranks.every(Boolean)) demandFits(problems, x, weight, attributes);
  problems.throwFrom(OP, [named("x", x, ["N", "C", "L"]), named("weight", weight, ["O", "I", "K"])]);
  const y = conv2dOp.apply([x.unsqueeze(2), weight.unsqueeze(2)], attributes).squeeze(2);
  return options.bias === undefined ? y : addChannelBias(OP, y, options.bias);
}

function demandFits(
  problems: Problems,
  x: Tensor,
  weight: Tensor,
  attributes: Parameters<typeof convGeometry>[2],
): void {
  const [n, channels, extent] = x.shape as readonly [number, number, number];
  const [filters, reads, kernel] = weight.shape as readonly [number, number, number];
  const { groups } = attributes;
  demandGroups(problems, filters, groups);
  if (channels !== reads * groups) {
    problems.shape({
      summary: `the input has ${plural(channels, "channel")}, the weight reads ${reads * groups}`,
      detail: `C = ${channels}, but I × groups = ${reads} × ${groups} = ${reads * groups}`,
      fix: `give the input C = ${reads * groups}`,
    });
  }
  const [, axis] = convGeometry([n, channels, 1, extent], [filters, reads, 1, kernel], attributes).axes;
  const padded = extent + axis.padBefore + axis.padAfter;
  const covers = axis.dilation * (kernel - 1) + 1;
  if (padded >= covers) return;
  const missing = covers - padded;
  const sides: Sides = [
    [0, 0],
    [axis.padBefore + Math.floor(missing / 2), axis.padAfter + Math.ceil(missing / 2)],
  ];
  problems.shape({
    summary: "the kernel is larger than the padded input",
    detail: `L: ${padded}, but the kernel covers ${covers}`,
    fix: `write padding: ${formatSides(sides).slice(9, -1)}, or use a smaller kernel`,
  });
}
