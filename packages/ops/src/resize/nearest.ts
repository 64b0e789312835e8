/**
 * Nearest-neighbour resizing: output cell p shows input cell min(⌊p · ratio⌋, n − 1) along each axis, ratio input cells an
 * output cell.
 *
 * Whole factors need no index: an enlargement is a broadcast of the image seen as [N, H, 1, W, 1, C], whose gradient is
 * a sum, and a reduction is a slice with a step. Other ratios pick rows and columns by index.
 */

import { constantNode, type SliceRange, type Tensor } from "@prewitt/core";
import type { Pair } from "../window/options.ts";
import { wholeFactor } from "./ratio.ts";

/** `x` [N, C, H, W] of any dtype → [N, C, ...size]. */
export function nearest(x: Tensor, size: Pair, ratio: Pair): Tensor {
  const factor = (i: 0 | 1): number => wholeFactor(x.shape[2 + i] as number, size[i], ratio[i]) ?? 1;
  const factors = [factor(0), factor(1)] as const;
  let y = x;
  for (const i of [0, 1] as const) if (factors[i] === 1) y = pick(y, (2 + i) as 2 | 3, size[i], ratio[i]);
  return repeat(y, factors);
}

/** Rows or columns ⌊p · ratio⌋. */
function pick(x: Tensor, axis: 2 | 3, size: number, ratio: number): Tensor {
  const extent = x.shape[axis] as number;
  if (Number.isInteger(ratio)) {
    const range: SliceRange = [0, (size - 1) * ratio + 1, ratio];
    return x.slice(...x.shape.map((_, a) => (a === axis ? range : null)));
  }
  const index = Int32Array.from({ length: size }, (_, p) => Math.min(Math.floor(p * ratio), extent - 1));
  return x.take(constantNode(index, [size], "int32"), axis);
}

/** Every cell as a block of cells. */
function repeat(x: Tensor, [vertical, horizontal]: Pair): Tensor {
  if (vertical === 1 && horizontal === 1) return x;
  const [n, c, h, w] = x.shape as readonly [number, number, number, number];
  return x
    .transpose([0, 2, 3, 1])
    .reshape([n, h, 1, w, 1, c])
    .broadcastTo([n, h, vertical, w, horizontal, c])
    .reshape([n, h * vertical, w * horizontal, c])
    .transpose([0, 3, 1, 2]);
}
