/**
 * Padding of images: with a constant, or with the image continued.
 *
 * Along an axis of extent n, the cell at place i (0 … n − 1 inside) takes the input's cell
 *   reflect:   mirrored about the edge cells, which are not repeated  (… 2 1 | 0 1 2 … n−1 | n−2 …)
 *   replicate: the nearest one                                        (… 0 0 | 0 1 2 … n−1 | n−1 …)
 *   circular:  i modulo n                                             (… n−1 | 0 1 2 … n−1 | 0 …)
 * which joins ranges of the image along each axis, mirrored for a reflection, so gradients add up where a cell is used more
 * than once.
 */

import { checkOptions, concat, type SliceRange, type Tensor } from "@prewitt/core";
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

/** `x` with its axis continued on both sides. */
export function extendAxis(
  x: Tensor,
  axis: 2 | 3,
  [before, after]: readonly [number, number],
  mode: Exclude<PadMode, "constant">,
): Tensor {
  if (before === 0 && after === 0) return x;
  const n = x.shape[axis] as number;
  const range = (from: number, to: number): Tensor =>
    x.slice(...x.shape.map((_, a): SliceRange => (a === axis ? [from, to] : null)));
  const repeated = (at: number, count: number): Tensor =>
    range(at, at + 1).broadcastTo(x.shape.map((m, a) => (a === axis ? count : m)));
  const sides = {
    reflect: () => [range(1, before + 1).flip(axis), range(n - 1 - after, n - 1).flip(axis)],
    replicate: () => [repeated(0, before), repeated(n - 1, after)],
    circular: () => [range(n - before, n), range(0, after)],
  }[mode]();
  const parts = [...(before > 0 ? [sides[0] as Tensor] : []), x, ...(after > 0 ? [sides[1] as Tensor] : [])];
  return concat(parts, axis);
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
