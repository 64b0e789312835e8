/**
 * Windows and options of adaptive pooling: output cell p of m pools input cells ⌊p n / m⌋ … ⌈(p + 1) n / m⌉ − 1 of n
 * (PyTorch's rule). Windows may differ in length by one, overlap, and repeat cells where m > n.
 */

import { type Attributes, checkOptions, type Tensor } from "@prewitt/core";
import { IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { type Pair, show } from "../window/options.ts";

/** Height and width of the result, a number for both; `null` keeps the extent of the input. */
export type AdaptiveSize = number | readonly [vertical: number | null, horizontal: number | null];

export interface AdaptivePoolOptions {
  /** Height and width of the result, a number for both; `null` keeps the extent of the input. */
  readonly size: AdaptiveSize;
}

export interface AdaptivePoolAttributes extends Attributes {
  readonly size: Pair;
}

/** The size that a user asked for. Throws `OptionError` and `ShapeError`. */
export function readAdaptive(
  op: string,
  x: Tensor,
  options: AdaptivePoolOptions | AdaptiveSize,
): AdaptivePoolAttributes {
  const plain = typeof options === "number" || Array.isArray(options);
  if (!plain) checkOptions(op, options as AdaptivePoolOptions, ["size"]);
  const size: unknown = plain ? options : (options as AdaptivePoolOptions | undefined)?.size;
  const problems = new Problems();
  const fits = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 1;
  const pair: readonly unknown[] = fits(size) ? [size, size] : Array.isArray(size) ? size : [];
  if (pair.length !== 2 || !pair.every((n) => n === null || fits(n))) {
    problems.option({
      summary: "size must be an integer of 1 or more, or one (or null, to keep the extent) for each of [H, W]",
      detail: `size is ${show(size)}`,
      fix: "write 7, or [7, null]",
    });
  }
  problems.throwFrom(op, [named("x", x, IMAGE_AXES)]);
  const [h, w] = pair as readonly [number | null, number | null];
  return { size: [h ?? x.shape[2] ?? 1, w ?? x.shape[3] ?? 1] };
}

/** First cell and the one behind the last, for each window. */
export function adaptiveWindows(extent: number, size: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: size }, (_, p) => [
    Math.floor((p * extent) / size),
    Math.ceil(((p + 1) * extent) / size),
  ]);
}

/** Kernel and stride of the ordinary pooling with the same windows, where there is one. */
export function uniformWindows(extent: number, size: number): { kernel: number; stride: number } | undefined {
  const windows = adaptiveWindows(extent, size);
  const [[, kernel], [stride]] = [windows[0] as readonly [number, number], windows[1] ?? [extent]];
  const regular = windows.every(([from, to], p) => from === p * stride && to === from + kernel);
  return regular && stride > 0 ? { kernel, stride } : undefined;
}
