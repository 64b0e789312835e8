/**
 * `pool`: windowed reduction, one H×W plane at a time, packed in float64; sums over overlapping windows are taken in
 * row-major order of the windows and rounded once.
 *
 *   y[p, q]            = max or mean over the taps inside the input of x[p·s − pad + k·d, q·s − pad + l·d]
 *   maxGradient        : dx[index[p, q]] += dy[p, q]
 *   averageGradient    : dx[tap] += dy[p, q] / divisor[p, q] for every tap inside the input
 *
 * Windows that lie in the padding alone: maximum −∞ (the least value of integer dtypes), index −1, mean 0.
 */

import type { PoolGeometry, WindowAxis } from "../program/geometry.ts";
import type { PoolKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import { type DType, isFloat, type TypedArray } from "../tensor/dtype.ts";
import type { KernelContext, Launch } from "./context.ts";
import { inOrder, stageRead, stageWrite } from "./stage.ts";

/** Taps [from, to) of a window that lie inside the input, the input index of tap 0, and taps inside input or padding. */
interface Span {
  readonly start: number;
  readonly from: number;
  readonly to: number;
  readonly padded: number;
}

function spansOf(axis: WindowAxis): Span[] {
  const { input, kernel, stride, padBefore, padAfter, dilation, output } = axis;
  return Array.from({ length: Math.max(0, output) }, (_, p) => {
    const start = p * stride - padBefore;
    const upTo = (end: number): number => Math.min(kernel, Math.max(0, Math.ceil((end - start) / dilation)));
    const to = upTo(input);
    const from = Math.min(to, Math.max(0, Math.ceil(-start / dilation)));
    return { start, from, to, padded: upTo(input + padAfter) };
  });
}

export function compilePool(kernel: PoolKernel, context: KernelContext): Launch {
  const reads = kernel.reads.map((r) => stageRead(r, context));
  const writes = kernel.writes.map((w) => stageWrite(w, context));
  const operands = [...reads, ...writes].map((s) => s.operand);
  const plane = planeFunction(kernel, context.dtypeOf(kernel.reads[0]!.buffer));
  const run = overPlanes(kernel, operands, plane, context);
  return inOrder(...reads.map((r) => r.copy), run, ...writes.map((w) => w.copy));
}

/**
 * Works on one plane: `source` is the first read and `result` the first write of the plane, packed; `index` holds the
 * int32 indices of the plane where the mode has them, from `at` on.
 */
type PlaneFunction = (source: Float64Array, result: Float64Array, index: TypedArray, at: number) => void;

function overPlanes(
  kernel: PoolKernel,
  operands: readonly Operand[],
  plane: PlaneFunction,
  context: KernelContext,
): Launch {
  const planes = kernel.geometry.batch * kernel.geometry.channels;
  const source = operands[0]!;
  // `max` writes values and index, the others read the index second.
  const [result, index] =
    kernel.mode === "max" || operands.length === 2 ? [operands[1]!, operands[2]] : [operands[2]!, operands[1]];
  const sizeOfPlane = (o: Operand): number => o.shape[2]! * o.shape[3]!;
  const sourceSize = sizeOfPlane(source);
  const resultSize = sizeOfPlane(result);
  const packedSource = context.scratch("float64", sourceSize);
  const packedResult = context.scratch("float64", resultSize);
  return (arrays) => {
    const from = arrays[source.buffer]!;
    const to = arrays[result.buffer]!;
    const x = arrays[packedSource] as Float64Array;
    const y = arrays[packedResult] as Float64Array;
    const indices = index === undefined ? from : arrays[index.buffer]!;
    for (let c = 0; c < planes; c++) {
      const at = source.offset + c * sourceSize;
      for (let i = 0; i < sourceSize; i++) x[i] = from[at + i]!;
      plane(x, y, indices, index === undefined ? 0 : index.offset + c * index.shape[2]! * index.shape[3]!);
      const target = result.offset + c * resultSize;
      for (let i = 0; i < resultSize; i++) to[target + i] = y[i]!;
    }
  };
}

function planeFunction(kernel: PoolKernel, dtype: DType): PlaneFunction {
  const [rowAxis, columnAxis] = kernel.geometry.axes;
  const rows = spansOf(rowAxis);
  const columns = spansOf(columnAxis);
  switch (kernel.mode) {
    case "max":
      return maxPlane(rows, columns, kernel.geometry, dtype);
    case "maxGradient":
      return (dy, dx, index, at) => {
        dx.fill(0);
        for (let i = 0; i < dy.length; i++) if (index[at + i]! >= 0) dx[index[at + i]!]! += dy[i]!;
      };
    case "maxTake":
      return (x, y, index, at) => {
        for (let i = 0; i < y.length; i++) y[i] = index[at + i]! >= 0 ? x[index[at + i]!]! : 0;
      };
    case "average":
      return averagePlane(rows, columns, kernel);
    case "averageGradient":
      return averageGradientPlane(rows, columns, kernel);
  }
}

function maxPlane(rows: Span[], columns: Span[], geometry: PoolGeometry, dtype: DType): PlaneFunction {
  const [rowAxis, columnAxis] = geometry.axes;
  const width = columnAxis.input;
  const empty = isFloat(dtype) ? Number.NEGATIVE_INFINITY : dtype === "int32" ? -2147483648 : 0;
  return (x, y, index, at) => {
    let out = 0;
    for (const row of rows) {
      for (const column of columns) {
        let best = empty;
        let found = -1;
        for (let k = row.from; k < row.to; k++) {
          const line = (row.start + k * rowAxis.dilation) * width + column.start;
          for (let l = column.from; l < column.to; l++) {
            const i = line + l * columnAxis.dilation;
            const v = x[i]!;
            if (v > best || found < 0 || (Number.isNaN(v) && !Number.isNaN(best))) {
              best = v;
              found = i;
            }
          }
        }
        y[out] = best;
        index[at + out++] = found;
      }
    }
  };
}

function divisor(row: Span, column: Span, countIncludePad: boolean): number {
  if (countIncludePad) return row.padded * column.padded;
  return (row.to - row.from) * (column.to - column.from);
}

function averagePlane(rows: Span[], columns: Span[], kernel: PoolKernel): PlaneFunction {
  const [rowAxis, columnAxis] = kernel.geometry.axes;
  return (x, y) => {
    let out = 0;
    for (const row of rows) {
      for (const column of columns) {
        let sum = 0;
        for (let k = row.from; k < row.to; k++) {
          const line = (row.start + k * rowAxis.dilation) * columnAxis.input + column.start;
          for (let l = column.from; l < column.to; l++) sum += x[line + l * columnAxis.dilation]!;
        }
        y[out++] = sum / Math.max(1, divisor(row, column, kernel.countIncludePad));
      }
    }
  };
}

function averageGradientPlane(rows: Span[], columns: Span[], kernel: PoolKernel): PlaneFunction {
  const [rowAxis, columnAxis] = kernel.geometry.axes;
  return (dy, dx) => {
    dx.fill(0);
    let out = 0;
    for (const row of rows) {
      for (const column of columns) {
        const part = dy[out++]! / Math.max(1, divisor(row, column, kernel.countIncludePad));
        for (let k = row.from; k < row.to; k++) {
          const line = (row.start + k * rowAxis.dilation) * columnAxis.input + column.start;
          for (let l = column.from; l < column.to; l++) dx[line + l * columnAxis.dilation]! += part;
        }
      }
    }
  };
}
