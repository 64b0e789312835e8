/**
 * `conv`: windowed contraction, NCHW and OIHW, any strides.
 *
 *   y[n, o, p, q]       = Σ_{k, c}    w[o, c, k, l] · x[n, c, p·s − pad + k·d, q·s − pad + l·d]
 *   dx[n, c, i, j]      = Σ_{k, o}    w[o, c, k, l] · dy[n, o, p, q]   where p·s − pad + k·d = i, likewise j
 *   dw[o, c, k, l]      = Σ_{n, p, q} dy[n, o, p, q] · x[n, c, p·s − pad + k·d, q·s − pad + l·d]
 *
 * (o and c inside one group.) Taps outside the input are left out, not multiplied by zero. Order of every sum: y and dx
 * by l, then k, then channel; dw by n, p, q. One image of one group is packed at a time.
 */

import { type ConvGeometry, insidePositions, type WindowAxis } from "../program/geometry.ts";
import type { ConvKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import { isFloat, type TypedArray } from "../tensor/dtype.ts";
import type { KernelContext, Launch } from "./context.ts";
import { inOrder, stageEpilogue } from "./stage.ts";
import {
  type AddProducts,
  type AddTaps,
  addProducts,
  addProductsInt,
  addTaps,
  addTapsInt,
  copyRows,
  type Line,
  makeTaps,
  ROWS,
  roundUp,
  type Taps,
} from "./tiles.ts";

export function compileConv(kernel: ConvKernel, context: KernelContext): Launch {
  const { operand, copy } = stageEpilogue(kernel, context);
  const [a, b] = kernel.reads as [Operand, Operand];
  const run =
    kernel.direction === "weightGradient"
      ? compileWeightGradient(kernel.geometry, a, b, operand, context)
      : compileRows(kernel, a, b, operand, context);
  return inOrder(run, copy);
}

/** Packs channels `from` … of image n of `operand` (NCHW) into planes without gaps. */
function packImage(
  target: TypedArray,
  source: TypedArray,
  operand: Operand,
  n: number,
  from: number,
  count: number,
): void {
  const [, , height, width] = operand.shape as [number, number, number, number];
  const [sn, sc, sh, sw] = operand.strides as [number, number, number, number];
  for (let c = 0; c < count; c++) {
    const at = operand.offset + n * sn + (from + c) * sc;
    copyRows(target, [c * height * width, width, 1], source, [at, sh, sw], height, width);
  }
}

/** One row of outputs: which kernel rows reach it, and from which row of the source. */
type RowTaps = readonly { readonly k: number; readonly source: number }[];

/** How kernel column l connects positions of a source row with positions of an output row. */
interface ColumnTap {
  readonly count: number;
  readonly source: Line;
  readonly target: Line;
}

/** The forward direction gathers windows: output p reads source p · stride − padBefore + k · dilation. */
function forwardTaps(rows: WindowAxis, columns: WindowAxis): { rowTaps: RowTaps[]; columnTaps: ColumnTap[] } {
  const rowTaps: { k: number; source: number }[][] = Array.from({ length: rows.output }, () => []);
  for (let k = 0; k < rows.kernel; k++) {
    const [from, to] = insidePositions(rows, k);
    for (let p = from; p < to; p++)
      rowTaps[p]!.push({ k, source: p * rows.stride - rows.padBefore + k * rows.dilation });
  }
  const columnTaps = Array.from({ length: columns.kernel }, (_, l): ColumnTap => {
    const [from, to] = insidePositions(columns, l);
    const at = from * columns.stride - columns.padBefore + l * columns.dilation;
    return { count: to - from, source: { at, step: columns.stride }, target: { at: from, step: 1 } };
  });
  return { rowTaps, columnTaps };
}

/** The input gradient runs the same connections backwards. */
function backwardTaps(rows: WindowAxis, columns: WindowAxis): { rowTaps: RowTaps[]; columnTaps: ColumnTap[] } {
  const forward = forwardTaps(rows, columns);
  const rowTaps: { k: number; source: number }[][] = Array.from({ length: rows.input }, () => []);
  forward.rowTaps.forEach((taps, p) => {
    for (const { k, source } of taps) rowTaps[source]!.push({ k, source: p });
  });
  for (const taps of rowTaps) taps.sort((a, b) => a.k - b.k);
  return { rowTaps, columnTaps: forward.columnTaps.map((c) => ({ ...c, source: c.target, target: c.source })) };
}

/** `forward` and `inputGradient`: one row of all output channels of a group at a time. */
function compileRows(
  kernel: ConvKernel,
  source: Operand,
  weight: Operand,
  write: Operand,
  context: KernelContext,
): Launch {
  const { geometry } = kernel;
  const { batch, groups } = geometry;
  const [rowAxis, columnAxis] = geometry.axes;
  const forward = kernel.direction === "forward";
  const terms = forward ? geometry.channels : geometry.filters;
  const outputs = forward ? geometry.filters : geometry.channels;
  const { rowTaps, columnTaps } = (forward ? forwardTaps : backwardTaps)(rowAxis, columnAxis);
  const [, , height, width] = write.shape as [number, number, number, number];
  const [, , sourceHeight, sourceWidth] = source.shape as [number, number, number, number];
  const plane = sourceHeight * sourceWidth;
  const padded = roundUp(outputs, ROWS);
  const packed = packWeights(geometry, weight, forward);

  const isFloatConv = isFloat(context.dtypeOf(source.buffer));
  const dtype = isFloatConv ? "float64" : "int32";
  const add = (isFloatConv ? addTaps : addTapsInt) as AddTaps<TypedArray>;
  const image = context.scratch(dtype, terms * plane);
  const weights = context.scratch(dtype, packed.length);
  const row = context.scratch(dtype, padded * width);
  const taps = makeTaps(terms * rowAxis.kernel);
  const [wn, wc, wh, ww] = write.strides as [number, number, number, number];

  return (arrays) => {
    const out = arrays[write.buffer]!;
    const acc = arrays[row]!;
    for (let g = 0; g < groups; g++) {
      packed.fill(arrays[weights]!, arrays[weight.buffer]!, g);
      for (let n = 0; n < batch; n++) {
        packImage(arrays[image]!, arrays[source.buffer]!, source, n, g * terms, terms);
        for (let p = 0; p < height; p++) {
          acc.fill(0);
          fillTaps(taps, rowTaps[p]!, terms, plane, sourceWidth);
          for (let l = 0; l < columnTaps.length; l++) {
            const { count, source: from, target: to } = columnTaps[l]!;
            if (count === 0) continue;
            for (let o = 0; o < outputs; o += ROWS) {
              const line = { at: o * width + to.at, step: to.step };
              add(acc, line, width, arrays[image]!, from, arrays[weights]!, packed.at(l, o), taps, count);
            }
          }
          const at = write.offset + n * wn + g * outputs * wc + p * wh;
          copyRows(out, [at, wc, ww], acc, [0, width, 1], outputs, width);
        }
      }
    }
  };
}

function fillTaps(taps: Taps, rows: RowTaps, terms: number, plane: number, sourceWidth: number): void {
  let t = 0;
  for (const { k, source } of rows) {
    for (let c = 0; c < terms; c++, t++) {
      taps.source[t] = c * plane + source * sourceWidth;
      taps.weight[t] = (k * terms + c) * ROWS;
    }
  }
  taps.count = t;
}

/** Weights of one group as [kernel column, block of output channels, kernel row, term, ROWS]. */
function packWeights(geometry: ConvGeometry, weight: Operand, forward: boolean) {
  const { filters, channels } = geometry;
  const [kh, kw] = [geometry.axes[0].kernel, geometry.axes[1].kernel];
  const outputs = forward ? filters : channels;
  const terms = forward ? channels : filters;
  const blocks = Math.ceil(outputs / ROWS);
  const block = kh * terms * ROWS;
  const [so, sc, sh, sw] = weight.strides as [number, number, number, number];
  const outputStride = forward ? so : sc;
  const termStride = forward ? sc : so;
  const at = (l: number, output: number): number => (l * blocks + Math.floor(output / ROWS)) * block;
  return {
    length: kw * blocks * block,
    /** Where the block that begins with channel `output` of kernel column l lies. */
    at,
    fill(target: TypedArray, source: TypedArray, group: number): void {
      target.fill(0);
      for (let o = 0; o < outputs; o++) {
        for (let l = 0; l < kw; l++) {
          const from = weight.offset + group * filters * so + o * outputStride + l * sw;
          const to = at(l, o) + (o % ROWS);
          copyRows(target, [to, terms * ROWS, ROWS], source, [from, sh, termStride], kh, terms);
        }
      }
    },
  };
}

/** `weightGradient`: products of shifted planes, four output channels by two input channels at a time. */
function compileWeightGradient(
  geometry: ConvGeometry,
  x: Operand,
  dy: Operand,
  write: Operand,
  context: KernelContext,
): Launch {
  const { batch, groups, channels, filters, axes } = geometry;
  const [rowAxis, columnAxis] = axes;
  const taps = rowAxis.kernel * columnAxis.kernel;
  const paddedFilters = roundUp(filters, ROWS);
  const paddedChannels = roundUp(channels, 2);
  const xPlane = rowAxis.input * columnAxis.input;
  const yPlane = rowAxis.output * columnAxis.output;
  const pitch = paddedChannels * taps;

  const isFloatConv = isFloat(context.dtypeOf(x.buffer));
  const dtype = isFloatConv ? "float64" : "int32";
  const add = (isFloatConv ? addProducts : addProductsInt) as AddProducts<TypedArray>;
  const xImage = context.scratch(dtype, paddedChannels * xPlane);
  const yImage = context.scratch(dtype, paddedFilters * yPlane);
  const sums = context.scratch(dtype, paddedFilters * pitch);
  const [wo, wc, wh, ww] = write.strides as [number, number, number, number];

  return (arrays) => {
    const [xs, ys, acc] = [arrays[xImage]!, arrays[yImage]!, arrays[sums]!];
    xs.fill(0);
    ys.fill(0);
    for (let g = 0; g < groups; g++) {
      acc.fill(0);
      for (let n = 0; n < batch; n++) {
        packImage(xs, arrays[x.buffer]!, x, n, g * channels, channels);
        packImage(ys, arrays[dy.buffer]!, dy, n, g * filters, filters);
        for (let k = 0; k < rowAxis.kernel; k++) {
          const [top, bottom] = insidePositions(rowAxis, k);
          const i = top * rowAxis.stride - rowAxis.padBefore + k * rowAxis.dilation;
          for (let l = 0; l < columnAxis.kernel; l++) {
            const [left, right] = insidePositions(columnAxis, l);
            const j = left * columnAxis.stride - columnAxis.padBefore + l * columnAxis.dilation;
            const a = { at: top * columnAxis.output + left, plane: yPlane, row: columnAxis.output, step: 1 };
            const row = rowAxis.stride * columnAxis.input;
            const b = { at: i * columnAxis.input + j, plane: xPlane, row, step: columnAxis.stride };
            if (top === bottom || left === right) continue;
            for (let o = 0; o < filters; o += ROWS) {
              for (let c = 0; c < channels; c += 2) {
                const from = { ...a, at: a.at + o * yPlane };
                const by = { ...b, at: b.at + c * xPlane };
                const at = o * pitch + c * taps + k * columnAxis.kernel + l;
                add(acc, at, pitch, taps, ys, from, xs, by, bottom - top, right - left);
              }
            }
          }
        }
      }
      const out = arrays[write.buffer]!;
      for (let f = 0; f < filters; f++) {
        for (let c = 0; c < channels; c++) {
          const at = write.offset + (g * filters + f) * wo + c * wc;
          const from = f * pitch + c * taps;
          copyRows(out, [at, wh, ww], acc, [from, columnAxis.kernel, 1], rowAxis.kernel, columnAxis.kernel);
        }
      }
    }
  };
}
