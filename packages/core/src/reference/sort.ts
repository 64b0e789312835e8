/**
 * `sort`: stable sort along one axis; values and int32 indices. NaN counts as greater than everything, so it comes last,
 * or first when descending; equal values keep their order either way.
 */

import type { SortKernel } from "../program/kernels.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { KernelContext, Launch } from "./context.ts";
import { inOrder, stageRead, stageWrite } from "./stage.ts";

/** Negative when a comes before b in ascending order. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

export function compileSort(kernel: SortKernel, context: KernelContext): Launch {
  const read = stageRead(kernel.reads[0]!, context);
  const writes = kernel.writes.map((w) => stageWrite(w, context));
  const [values, indices] = writes.map((w) => w.operand);
  const { shape, offset, buffer } = read.operand;
  const extent = shape[kernel.axis]!;
  const step = sizeOf(shape.slice(kernel.axis + 1));
  const lines = sizeOf(shape.slice(0, kernel.axis));
  const sign = kernel.descending ? -1 : 1;
  const run: Launch = (arrays) => {
    const x = arrays[buffer]!;
    const line = new Float64Array(extent);
    const order = Array.from({ length: extent }, (_, i) => i);
    for (let l = 0; l < lines; l++) {
      for (let s = 0; s < step; s++) {
        const at = l * extent * step + s;
        for (let i = 0; i < extent; i++) {
          line[i] = x[offset + at + i * step]!;
          order[i] = i;
        }
        order.sort((i, j) => sign * compare(line[i]!, line[j]!));
        for (let i = 0; i < extent; i++) {
          const place = at + i * step;
          if (values !== undefined) arrays[values.buffer]![values.offset + place] = line[order[i]!]!;
          if (indices !== undefined) arrays[indices.buffer]![indices.offset + place] = order[i]!;
        }
      }
    }
  };
  return inOrder(read.copy, run, ...writes.map((w) => w.copy));
}
