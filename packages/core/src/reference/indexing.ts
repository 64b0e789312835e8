/**
 * Bounds of the indices that `gather` and `scatter` read: all of them are checked before anything is written.
 */

import type { IndexError } from "../errors/errors.ts";
import { indexFault } from "../program/faults.ts";
import type { GatherKernel, ScatterKernel } from "../program/kernels.ts";
import type { Launch } from "./context.ts";
import { forEachRow, innerStride, makeNest } from "./nest.ts";

/** Throws `IndexError` for the first index, in row-major order, outside 0 … limit − 1. */
export function compileIndexCheck(kernel: GatherKernel | ScatterKernel): Launch {
  const { shape, limit } = kernel;
  const index = kernel.reads[1]!;
  if (shape.includes(0)) return () => {};
  // Axes along which the index repeats need no second look.
  const axes = shape.map((_, axis) => axis).filter((axis) => index.strides[axis] !== 0);
  const nest = makeNest({ shape, outerAxes: axes, strides: [index.strides] });
  const step = innerStride(nest, 0);
  return (arrays) => {
    const values = arrays[index.buffer]!;
    const offsets = [index.offset];
    let seen = 0;
    forEachRow(nest, offsets, (count) => {
      for (let i = 0, at = offsets[0]!; i < count; i++, at += step) {
        const value = values[at]!;
        if (!(value >= 0 && value < limit)) throw outside(kernel, value, seen + i, axes);
      }
      seen += count;
    });
  };
}

/** The error for the `ordinal`-th index, counted over `axes` alone. */
function outside(
  kernel: GatherKernel | ScatterKernel,
  value: number,
  ordinal: number,
  axes: readonly number[],
): IndexError {
  const { shape } = kernel;
  const position = new Array<number>(shape.length).fill(0);
  let rest = ordinal;
  for (let a = axes.length - 1; a >= 0; a--) {
    const extent = shape[axes[a]!]!;
    position[axes[a]!] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return indexFault(kernel, value, position);
}
