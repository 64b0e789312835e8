/**
 * Resizing of images: x [N, C, H, W] → [N, C, H', W'], by the nearest cell or bilinear, with PyTorch's rules of
 * coordinates (`torch.nn.functional.interpolate`). `nearest.ts` and `bilinear.ts` say where an output cell reads.
 */

import { type Attributes, checkOptions, defineOp, derive, type Op, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandCells, demandFloat, IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { axisName } from "../window/axes.ts";
import { type Pair, type PairOption, readFlag, readPair, show } from "../window/options.ts";
import { bilinear } from "./bilinear.ts";
import { nearest } from "./nearest.ts";

export type ResizeMode = "nearest" | "bilinear";

export interface ResizeAttributes extends Attributes {
  readonly mode: ResizeMode;
  /** Height and width of the result. */
  readonly size: Pair;
  /** Input cells an output cell, an axis; not looked at where corners are aligned. */
  readonly ratio: Pair;
  readonly alignCorners: boolean;
}

const MODES: readonly ResizeMode[] = ["nearest", "bilinear"];

export const resize2dOp: Op<ResizeAttributes> = defineOp<ResizeAttributes>({
  name: "resize2d",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { mode, size } }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    if (mode === "bilinear") demandFloat(problems, "x", x);
    demandCells(problems, x);
    problems.throw([named("x", x, IMAGE_AXES)]);
    return { shape: [...x.shape.slice(0, 2), ...size], dtype: x.dtype };
  },
  vjp: derive,
  expand: ([x], { mode, ...options }) =>
    mode === "nearest" ? nearest(x as Tensor, options.size, options.ratio) : bilinear(x as Tensor, options),
});

export interface Resize2dOptions {
  /** Height and width of the result, a number or `[vertical, horizontal]`. Either this or `scale`. */
  readonly size?: PairOption | undefined;
  /** Factor: the result has ⌊extent · scale⌋ cells an axis. It need not be whole. */
  readonly scale?: PairOption | undefined;
  /** "nearest" (default) or "bilinear". */
  readonly mode?: ResizeMode | undefined;
  /** Bilinear: the corner cells of both images coincide, rather than the corners of their corner cells. Default false. */
  readonly alignCorners?: boolean | undefined;
}

function readScale(problems: Problems, scale: unknown): Pair {
  const fits = (n: unknown): n is number => typeof n === "number" && Number.isFinite(n) && n > 0;
  if (fits(scale)) return [scale, scale];
  if (Array.isArray(scale) && scale.length === 2 && scale.every(fits)) return scale as unknown as Pair;
  problems.option({
    summary: "scale must be a positive number, or one for each of [H, W]",
    detail: `scale is ${show(scale)}`,
    fix: "write scale: 2",
  });
  return [1, 1];
}

function readSize(
  problems: Problems,
  x: Tensor,
  { size, scale }: Resize2dOptions,
): Pick<ResizeAttributes, "size" | "ratio"> {
  const extents = x.rank === 4 ? (x.shape.slice(2) as unknown as Pair) : ([1, 1] as const);
  if ((size === undefined) === (scale === undefined)) {
    problems.option({
      summary: "give either size or scale",
      detail: size === undefined ? "neither is given" : `size is ${show(size)}, scale is ${show(scale)}`,
      fix: "write scale: 2, or size: [56, 56]",
    });
    return { size: [1, 1], ratio: [1, 1] };
  }
  if (size !== undefined) {
    const pair = readPair(problems, "size", size, 1);
    return { size: pair, ratio: [extents[0] / pair[0], extents[1] / pair[1]] };
  }
  const factors = readScale(problems, scale);
  const sizes = [Math.floor(extents[0] * factors[0]), Math.floor(extents[1] * factors[1])] as const;
  for (const i of [0, 1] as const) {
    if (sizes[i] >= 1 || extents[i] === 0) continue;
    problems.option({
      summary: "nothing is left of the image",
      detail: `${axisName(i)}: ⌊${extents[i]} × ${factors[i]}⌋ = 0`,
      fix: `use a scale of ${1 / extents[i]} or more`,
    });
  }
  return { size: sizes, ratio: [1 / factors[0], 1 / factors[1]] };
}

/**
 * `x` [N, C, H, W] resized to `size`, or by `scale`: PyTorch's `interpolate`, with its coordinates, a given scale included.
 * "nearest" takes any dtype and shows input cell ⌊p · H / H'⌋ (in exact arithmetic) at output cell p; "bilinear" takes
 * floats and mixes 2 × 2 cells. Reducing by more than 2 skips cells in both modes; `adaptiveAvgPool2d` averages all of them.
 *
 * Throws `ShapeError` unless x has 4 axes and is not empty, `DTypeError` for bilinear integers, `OptionError`.
 *
 * @example
 * resize2d(x, { scale: 2 })                                           // [N, C, 14, 14] → [N, C, 28, 28]
 * resize2d(x, { size: [224, 320], mode: "bilinear", alignCorners: true })
 */
export function resize2d(x: Tensor, options: Resize2dOptions): Tensor {
  checkOptions("resize2d", options, ["size", "scale", "mode", "alignCorners"]);
  const { mode = "nearest", alignCorners = false } = options ?? {};
  const problems = new Problems();
  const { size, ratio } = readSize(problems, x, options ?? {});
  if (!MODES.includes(mode)) {
    problems.option({
      summary: 'mode must be "nearest" or "bilinear"',
      detail: `mode is ${show(mode)}`,
      fix: 'write mode: "bilinear"',
    });
  }
  if (readFlag(problems, "alignCorners", alignCorners) && mode === "nearest") {
    problems.option({
      summary: "alignCorners goes with bilinear only",
      detail: 'mode is "nearest", alignCorners is true',
      fix: 'write mode: "bilinear", or leave alignCorners out',
    });
  }
  problems.throwFrom("resize2d", [named("x", x, IMAGE_AXES)]);
  return resize2dOp.apply([x], { mode, size, ratio, alignCorners });
}
