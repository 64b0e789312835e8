/**
 * `scan`: running sum or product along one axis. The running value stays in float64 (integers: int32 that wraps) and is
 * rounded where it is stored.
 */

import type { ScanKernel } from "../program/kernels.ts";
import { isFloat } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { KernelContext, Launch } from "./context.ts";
import { inOrder, stageRead, stageWrite } from "./stage.ts";

export function compileScan(kernel: ScanKernel, context: KernelContext): Launch {
  const read = stageRead(kernel.reads[0]!, context);
  const write = stageWrite(kernel.writes[0]!, context);
  const { shape } = read.operand;
  const extent = shape[kernel.axis]!;
  const step = sizeOf(shape.slice(kernel.axis + 1));
  const lines = sizeOf(shape.slice(0, kernel.axis));
  const next = combination(kernel.combine, isFloat(context.dtypeOf(read.operand.buffer)));
  const start = kernel.combine === "sum" ? 0 : 1;
  const move = kernel.reverse ? -step : step;
  const first = kernel.reverse ? (extent - 1) * step : 0;
  const run: Launch = (arrays) => {
    const x = arrays[read.operand.buffer]!;
    const y = arrays[write.operand.buffer]!;
    for (let line = 0; line < lines; line++) {
      for (let s = 0; s < step; s++) {
        let at = line * extent * step + s + first;
        let value = start;
        for (let i = 0; i < extent; i++, at += move) {
          const before = value;
          value = next(value, x[read.operand.offset + at]!);
          y[write.operand.offset + at] = kernel.exclusive ? before : value;
        }
      }
    }
  };
  return inOrder(read.copy, run, write.copy);
}

function combination(combine: ScanKernel["combine"], float: boolean): (a: number, b: number) => number {
  if (combine === "sum") return float ? (a, b) => a + b : (a, b) => (a + b) | 0;
  return float ? (a, b) => a * b : Math.imul;
}
