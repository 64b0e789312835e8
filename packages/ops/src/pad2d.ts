/**
 * Padding of images: with a constant, or with the image continued.
 *
 * Along an axis of extent n, the cell at place i (0 … n − 1 inside) takes the input's cell
 *   reflect:   mirrored about the edge cells, which are not repeated  (… 2 1 | 0 1 2 … n−1 | n−2 …)
 *   replicate: the nearest one                                        (… 0 0 | 0 1 2 … n−1 | n−1 …)
 *   circular:  i modulo n                                             (… n−1 | 0 1 2 … n−1 | 0 …)
 * which is a `take` along each axis, so gradients add up where a cell is used more than once.
 */

import { checkOptions, constantNode, type Tensor } from "@prewitt/core";
import { demandImages, IMAGE_AXES, named } from "./operands.ts";
import { Problems, plural } from "./problems.ts";
import { axisName } from "./window/axes.ts";
import { type PaddingOption, readPadding, type Sides, show } from "./window/options.ts";

export type PadMode = "constant" | "reflect" | "replicate" | "circular";

const MODES: readonly PadMode[] = ["constant", "reflect", "replicate", "circular"];

export interface Pad2dOptions {
  /** How the image goes on outside. Default "constant". */
  readonly mode?: PadMode | undefined;
  /** The constant. Default 0. */
  readonly value?: number | undefined;
}

/** The most cells that a side may have: a reflection needs n − 1 others, a circle n. */
function limitOf(mode: PadMode, extent: number): number {
  if (mode === "reflect") return Math.max(0, extent - 1);
  if (mode === "circular") return extent;
  return mode === "replicate" && extent === 0 ? 0 : Number.POSITIVE_INFINITY;
}

function sourceOf(i: number, extent: number, mode: PadMode): number {
  if (mode === "replicate") return Math.min(Math.max(i, 0), extent - 1);
  if (mode === "circular") return (i + extent) % extent;
  const mirrored = Math.abs(i);
  return mirrored < extent ? mirrored : 2 * (extent - 1) - mirrored;
}

function extendAxis(x: Tensor, axis: number, [before, after]: readonly [number, number], mode: PadMode): Tensor {
  if (before === 0 && after === 0) return x;
  const extent = x.shape[axis] as number;
  const index = Int32Array.from({ length: before + extent + after }, (_, i) => sourceOf(i - before, extent, mode));
  return x.take(constantNode(index, [index.length], "int32"), axis);
}

/**
 * `x` [N, C, H, W] with cells around each image: `padding` is a number, `[vertical, horizontal]` or
 * `[[top, bottom], [left, right]]`. Modes "reflect" (less than the extent on each side), "replicate" and "circular" (at most
 * the extent) continue the image; "constant" puts `value`.
 *
 * Throws `ShapeError` when x has not 4 axes or is too small for the mode, `OptionError`.
 *
 * @example conv2d(pad2d(x, 1, { mode: "reflect" }), weight)
 */
export function pad2d(x: Tensor, padding: Exclude<PaddingOption, string>, options: Pad2dOptions = {}): Tensor {
  checkOptions("pad2d", options, ["mode", "value"]);
  const { mode = "constant", value } = options;
  const problems = new Problems();
  const sides = readPadding(problems, padding, []) as Sides;
  if (!MODES.includes(mode)) {
    problems.option({
      summary: `mode must be one of ${MODES.map((m) => `"${m}"`).join(", ")}`,
      detail: `mode is ${show(mode)}`,
      fix: 'write mode: "reflect"',
    });
  }
  if (value !== undefined && mode !== "constant" && MODES.includes(mode)) {
    problems.option({
      summary: 'value goes with mode "constant" only',
      detail: `mode is "${mode}", value is ${show(value)}`,
      fix: "leave value out",
    });
  }
  if (demandImages(problems, "x", x)) demandReach(problems, x, sides, mode);
  problems.throwFrom("pad2d", [named("x", x, IMAGE_AXES)]);
  if (mode === "constant") return x.pad([[0, 0], [0, 0], ...sides], { value: value ?? 0 });
  return extendAxis(extendAxis(x, 2, sides[0], mode), 3, sides[1], mode);
}

function demandReach(problems: Problems, x: Tensor, sides: Sides, mode: PadMode): void {
  for (const i of [0, 1] as const) {
    const extent = x.shape[2 + i] as number;
    const limit = limitOf(mode, extent);
    const widest = Math.max(...sides[i]);
    if (widest <= limit) continue;
    problems.shape({
      summary: `the image is too small to ${mode === "circular" ? "go around" : mode} that far`,
      detail: `${axisName(i)} = ${extent} allows ${plural(limit, "cell")} a side, padding has ${widest}`,
      fix: `pad ${axisName(i)} by at most ${plural(limit, "cell")} a side, or use mode: "replicate"`,
    });
  }
}
