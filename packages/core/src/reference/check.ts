/**
 * `check`: throws `NonFiniteError` for the first element, in row-major order, that is NaN or infinite.
 */

import { nonFiniteFault } from "../program/faults.ts";
import type { CheckKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import { type DType, isFloat } from "../tensor/dtype.ts";
import type { KernelContext, Launch } from "./context.ts";
import { forEachRow, innerStride, makeNest } from "./nest.ts";
import { inOrder } from "./stage.ts";

export function compileCheck(kernel: CheckKernel, context: KernelContext): Launch {
  const floats = kernel.reads.filter((r) => isFloat(context.dtypeOf(r.buffer)));
  return inOrder(...floats.map((read) => compileRead(kernel, read, context.dtypeOf(read.buffer))));
}

function compileRead(kernel: CheckKernel, read: Operand, dtype: DType): Launch {
  const axes = read.shape.map((_, axis) => axis);
  const nest = makeNest({ shape: read.shape, outerAxes: axes, strides: [read.strides] });
  const step = innerStride(nest, 0);
  return (arrays) => {
    const values = arrays[read.buffer]!;
    const offsets = [read.offset];
    let seen = 0;
    forEachRow(nest, offsets, (count) => {
      for (let i = 0, at = offsets[0]!; i < count; i++, at += step) {
        if (!Number.isFinite(values[at])) throw nonFiniteFault(kernel, read, dtype, values[at]!, seen + i);
      }
      seen += count;
    });
  };
}
