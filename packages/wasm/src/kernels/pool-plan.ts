/**
 * How a pool is cut, and where its operands lie. Windows are the same for every H×W plane, so four planes go side by side
 * in the lanes: channels where those are contiguous (channels-last) or images cannot join them, else images and channels
 * together (channels-first), whose number is then an argument.
 *
 * A unit of work is one row of what is written (or of windows, or a whole plane), for a block of planes of one image.
 */

import { byteSize, type DType, type PoolKernel, type WindowAxis } from "@prewitt/core";
import { type DTypes, readName, writeName } from "./shaped.ts";

export interface PoolOperand {
  readonly name: string;
  readonly dtype: DType;
  /** In bytes; `plane` is the distance between lanes. */
  readonly image: number;
  readonly plane: number;
  readonly row: number;
  readonly column: number;
}

export interface PoolPlan {
  readonly mode: PoolKernel["mode"];
  readonly rows: WindowAxis;
  readonly columns: WindowAxis;
  readonly countIncludePad: boolean;
  readonly reads: readonly PoolOperand[];
  readonly writes: readonly PoolOperand[];
  /** Planes of an image; `undefined`: all images' planes are one run, whose length is the argument `outer`. */
  readonly planes: number | undefined;
  /** Planes of a unit, at most. */
  readonly block: number;
  /** Rows that units stand for. */
  readonly unitRows: number;
  /** Units of a task. */
  readonly grain: number;
  readonly relaxed: boolean;
}

/** Elements that a task should visit. */
const TASK_WORK = 1 << 15;

/** Planes of a unit where their number is an argument. */
const PLANE_BLOCK = 32;

export function poolPlan(
  kernel: PoolKernel,
  dtypes: DTypes,
  options: { relaxed: boolean; unitRows: number; rowWork: number },
): PoolPlan {
  const { channels, axes } = kernel.geometry;
  const all = [...kernel.reads, ...kernel.writes];
  const side = channels >= 4 && all.every((o) => o.strides[1] === 1);
  const joined = !side && all.every((o) => o.strides[0] === channels * o.strides[1]!);
  const operand = (strides: readonly number[], dtype: DType, name: string): PoolOperand => {
    const [image, plane, row, column] = strides.map((s) => s * byteSize(dtype)) as [number, number, number, number];
    return { name, dtype, image, plane, row, column };
  };
  const block = joined ? PLANE_BLOCK : Math.min(channels, 512);
  return {
    mode: kernel.mode,
    rows: axes[0],
    columns: axes[1],
    countIncludePad: kernel.countIncludePad,
    reads: kernel.reads.map((o, i) => operand(o.strides, dtypes.reads[i]!, readName(i))),
    writes: kernel.writes.map((o, i) => operand(o.strides, dtypes.writes[i]!, writeName(i))),
    planes: joined ? undefined : channels,
    block,
    unitRows: options.unitRows,
    grain: Math.max(1, Math.floor(TASK_WORK / Math.max(1, block * options.rowWork))),
    relaxed: options.relaxed,
  };
}

/** Blocks of planes in an image, or in all. */
export const planeBlocks = ({ planes, block }: PoolPlan, outer: number): number => Math.ceil((planes ?? outer) / block);

export function poolUnits(plan: PoolPlan, outer: number): number {
  return (plan.planes === undefined ? 1 : outer) * planeBlocks(plan, outer) * plan.unitRows;
}

/** Positions start … end − 1 along an axis, for which the same taps lie inside. */
export interface SpanClass {
  readonly start: number;
  readonly end: number;
  /** Taps [from, to) lie inside the input. */
  readonly from: number;
  readonly to: number;
  /** Taps inside input or padding after it. */
  readonly padded: number;
}

function spanAt(
  { input, kernel, stride, padBefore, padAfter, dilation }: WindowAxis,
  p: number,
): Omit<SpanClass, "start" | "end"> {
  const start = p * stride - padBefore;
  const upTo = (end: number): number => Math.min(kernel, Math.max(0, Math.ceil((end - start) / dilation)));
  const to = upTo(input);
  return { from: Math.min(to, Math.max(0, Math.ceil(-start / dilation))), to, padded: upTo(input + padAfter) };
}

/** Runs of window positions that see the same taps. */
export function spanClasses(axis: WindowAxis): SpanClass[] {
  const classes: { start: number; end: number; from: number; to: number; padded: number }[] = [];
  for (let p = 0; p < axis.output; p++) {
    const span = spanAt(axis, p);
    const last = classes.at(-1);
    if (last !== undefined && last.from === span.from && last.to === span.to && last.padded === span.padded) last.end++;
    else classes.push({ start: p, end: p + 1, ...span });
  }
  return classes;
}

/** The number that a window's sum is divided by; windows of nothing have sum 0. */
export function divisorOf(row: SpanClass, column: SpanClass, countIncludePad: boolean): number {
  const count = countIncludePad ? row.padded * column.padded : (row.to - row.from) * (column.to - column.from);
  return Math.max(1, count);
}

/** Whether no two windows overlap. */
export const windowsApart = (axes: readonly WindowAxis[]): boolean =>
  axes.every(({ kernel, stride, dilation }) => kernel === 1 || (dilation === 1 && kernel <= stride));

/** The rows (or columns) that belong to window p alone: from its own first to the next window's first. */
export interface Cell {
  readonly start: number;
  readonly end: number;
  /** Rows of the cell; the first `taps` are the window's. */
  readonly extent: number;
  readonly taps: number;
  /** First row of the cell of window `start`. */
  readonly first: number;
  readonly span: SpanClass;
}

/** Cells of all windows along an axis, equal ones in runs. Windows must lie apart; every input position is in one cell. */
export function cells(axis: WindowAxis): Cell[] {
  const { input, kernel, stride, padBefore, output } = axis;
  const clip = (i: number): number => Math.max(0, Math.min(input, i));
  const runs: { start: number; end: number; extent: number; taps: number; first: number; span: SpanClass }[] = [];
  for (let p = 0; p < output; p++) {
    const begin = p * stride - padBefore;
    const first = p === 0 ? 0 : clip(begin);
    const extent = (p === output - 1 ? input : clip(begin + stride)) - first;
    // Rows before the first window (none, as its start is at most 0) and after the last one belong to their cells.
    const taps = Math.max(0, Math.min(input, begin + kernel) - first);
    const span = { ...spanAt(axis, p), start: p, end: p + 1 };
    const last = runs.at(-1);
    const same =
      last !== undefined &&
      last.extent === extent &&
      last.taps === taps &&
      last.span.padded === span.padded &&
      last.span.from === span.from &&
      first - last.first === (p - last.start) * stride; // prettier-ignore
    if (same) last.end++;
    else runs.push({ start: p, end: p + 1, extent, taps, first, span });
  }
  return runs;
}
