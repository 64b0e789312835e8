/**
 * `host`: calls a JavaScript function with copies of the reads and zero-filled arrays for the writes, so that it may keep
 * or change what it gets.
 */

import { callHost } from "../program/faults.ts";
import type { HostArray, HostKernel } from "../program/kernels.ts";
import { type Operand, wholeBuffer } from "../program/operand.ts";
import { allocate, type TypedArray } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { KernelContext, Launch } from "./context.ts";
import { compileCopy } from "./stage.ts";

export function compileHost(kernel: HostKernel, context: KernelContext): Launch {
  // Only the numbers are needed: each run brings its own arrays.
  const stage = (operand: Operand): Operand =>
    wholeBuffer(context.scratch(context.dtypeOf(operand.buffer), 0), operand.shape);
  const reads = kernel.reads.map(stage);
  const writes = kernel.writes.map(stage);
  const fill = reads.map((staged, i) => compileCopy(kernel.reads[i]!, staged, context));
  const empty = writes.map((staged, i) => compileCopy(staged, kernel.writes[i]!, context));
  return (arrays) => {
    const bound: TypedArray[] = arrays.slice();
    const give = (operand: Operand): HostArray => {
      const data = allocate(context.dtypeOf(operand.buffer), sizeOf(operand.shape));
      bound[operand.buffer] = data;
      return { shape: operand.shape, data };
    };
    const given = reads.map(give);
    for (const launch of fill) launch(bound);
    const taken = writes.map(give);
    callHost(kernel, given, taken);
    for (const launch of empty) launch(bound);
  };
}
