/**
 * How a reduction is done: its loops, which way lanes lie, and how work is cut.
 *
 * The kept axes form rows of columns (the innermost kept loop), the reduced axes an inner loop and loops around it. Lanes
 * lie along the columns where those are contiguous (sums over N, H, W of channels-last images), else along the inner
 * reduced loop (softmax rows). A segment is up to `width` columns of one row; a chunk is part of the reduced range.
 * Every pair of segment and chunk is a unit of work with accumulators of its own. With chunks, a second stage combines
 * them in order; without, a unit ends with its results.
 *
 * Chunks are used where the outermost axis is reduced (its extent is an argument, so the code must not depend on it), or
 * the reduced range is long.
 */

import {
  allReads,
  byteSize,
  type DType,
  type Instruction,
  isFloat,
  type ReduceKernel,
  type ScalarExpression,
} from "@prewitt/core";
import { type AccumulatorCode, accumulatorCode } from "./accumulators.ts";
import { ExpressionEmitter, expressionKey, type Level, type Levels, shortDType } from "./expression.ts";
import { indexedAxes } from "./map-plan.ts";
import { type Loop, loopsKey, makeLoops, memoryOrder, rowMajor, sizeOf } from "./nest.ts";
import { ceilDiv, type DTypes } from "./shaped.ts";

export interface Slot {
  readonly dtype: DType;
  /** Bytes from the start of a unit's block. */
  readonly offset: number;
}

export interface PlannedAccumulator {
  readonly code: AccumulatorCode;
  /** Result of the prologue that it takes. */
  readonly value: number;
  readonly slots: readonly Slot[];
}

export interface ReducePlan {
  readonly prologue: ScalarExpression;
  /** Reads of operands from `NUMBERS` on stand for `numbers`. */
  readonly epilogue: ScalarExpression;
  readonly numbers: readonly number[];
  readonly accumulators: readonly PlannedAccumulator[];
  /** dtypes of the prologue's reads, the epilogue's reads, the writes. */
  readonly reads: readonly DType[];
  readonly extra: readonly DType[];
  readonly writes: readonly DType[];
  /** Operands: reads, extra, writes. The last loop is the columns. */
  readonly kept: readonly Loop[];
  /** Operands: reads, then the row-major position among the reduced axes. */
  readonly reduced: readonly Loop[];
  readonly lanes: "columns" | "inner";
  /** Whose first extent is the argument `outer`. */
  readonly dynamic: "kept" | "reduced";
  readonly width: number;
  /** Points of the inner loop, or steps of the loops around it, in a chunk; 0: all in one. */
  readonly chunk: number;
  readonly blockBytes: number;
  readonly key: string;
}

/** Operands of the epilogue from this one on are the plan's numbers. */
export const NUMBERS: number = 1 << 16;

/**
 * Whole numbers of an epilogue, such as the count that a mean divides by, become arguments: they change with the batch,
 * and the code must not.
 */
function withArguments(epilogue: ScalarExpression): { epilogue: ScalarExpression; numbers: readonly number[] } {
  const numbers: number[] = [];
  const instructions = epilogue.instructions.map((i): Instruction => {
    const lifted =
      i.op === "const" && isFloat(i.dtype) && Number.isInteger(i.value) && i.value > 2 && i.value < 2 ** 31;
    return lifted ? { op: "read", operand: NUMBERS + numbers.push(i.value) - 1, dtype: i.dtype } : i;
  });
  return { epilogue: { ...epilogue, instructions }, numbers };
}

/** Elements of a unit at which cutting further gains nothing. */
const UNIT_WORK = 1 << 15;

interface Axes {
  readonly kept: Loop[];
  readonly reduced: Loop[];
  readonly dynamic: "kept" | "reduced";
}

function loopsOf(kernel: ReduceKernel, needsPosition: boolean): Axes {
  const { shape, reads, writes, epilogueReads } = kernel;
  const isReduced = new Set(kernel.axes);
  const all = shape.map((_, axis) => axis);
  // The longest read says how memory is walked.
  const sizes = reads.map((r) => sizeOf(shape.filter((_, axis) => r.strides[axis] !== 0)));
  const leading = reads[sizes.indexOf(Math.max(...sizes))]?.strides ?? shape.map(() => 0);
  const keptAxes = memoryOrder(
    shape,
    leading,
    all.filter((axis) => !isReduced.has(axis)),
  );
  const reducedLogical = all.filter((axis) => isReduced.has(axis));
  // Positions must ascend in the order of taking.
  const reducedAxes = needsPosition ? reducedLogical : memoryOrder(shape, leading, reducedLogical);
  const positionStrides = shape.map(() => 0);
  const row = rowMajor(reducedLogical.map((axis) => shape[axis]!));
  reducedLogical.forEach((axis, i) => {
    positionStrides[axis] = row[i]!;
  });
  const keep = new Set([...indexedAxes(kernel.prologue), ...indexedAxes(kernel.epilogue)]);
  const keptOperands = [...reads, ...epilogueReads, ...writes].map((o) => o.strides);
  const kept = makeLoops({ shape, axes: keptAxes, strides: keptOperands, keep });
  if (kept.length === 0) kept.push({ extent: 1, strides: keptOperands.map(() => 0), axis: -1 });
  const reducedOperands = [...reads.map((o) => o.strides), ...(needsPosition ? [positionStrides] : [])];
  const reduced = makeLoops({ shape, axes: reducedAxes, strides: reducedOperands, keep });
  if (reduced.length === 0) reduced.push({ extent: 1, strides: reducedOperands.map(() => 0), axis: -1 });
  const first = all.find((axis) => shape[axis] !== 1);
  const outermost = reducedAxes.find((axis) => shape[axis] !== 1);
  return { kept, reduced, dynamic: first !== undefined && first === outermost ? "reduced" : "kept" };
}

/** Lanes along the columns, or along the inner reduced loop: where more operands are contiguous, then the longer. */
function lanesOf(reads: number, kept: readonly Loop[], reduced: readonly Loop[]): "columns" | "inner" {
  const columns = kept.at(-1)!;
  const inner = reduced.at(-1)!;
  const score = (loop: Loop): number => {
    const strides = loop.strides.slice(0, reads);
    const contiguous = strides.filter((s) => s === 1).length;
    const gaps = strides.filter((s) => s !== 0 && s !== 1).length;
    return (loop.extent >= 4 ? 8 : 0) + 2 * contiguous - 4 * gaps;
  };
  return score(columns) > score(inner) ? "columns" : "inner";
}

/** Levels of the prologue: 2 changes along the inner reduced loop, 1 elsewhere. */
export function prologueLevels(kept: readonly Loop[], reduced: readonly Loop[]): Levels {
  const inner = reduced.at(-1)!;
  const around = [...kept, ...reduced.slice(0, -1)];
  const level = (moves: (loop: Loop) => boolean): Level => (moves(inner) ? 2 : around.some(moves) ? 1 : 0);
  return {
    read: (operand) => level((loop) => loop.strides[operand] !== 0),
    index: (axis) => level((loop) => loop.axis === axis),
  };
}

interface Cut {
  readonly width: number;
  readonly chunk: number;
}

const roundUp = (n: number, step: number): number => ceilDiv(n, step) * step;
const clamp = (n: number, low: number, high: number): number => Math.max(low, Math.min(high, n));

function cutOf({ kept, reduced, dynamic }: Axes, lanes: "columns" | "inner", work: number): Cut {
  const isDynamic = (loops: readonly Loop[], group: "kept" | "reduced"): boolean =>
    dynamic === group && loops.length === 1;
  const columns = isDynamic(kept, "kept") ? 64 : kept.at(-1)!.extent;
  const total = sizeOf(reduced.map((loop) => loop.extent));
  const chunked = dynamic === "reduced" || total > (lanes === "columns" ? work / 2 : 2 * work);
  // Points that one step of the loop that is cut stands for.
  const step = reduced.length === 1 ? 1 : reduced.at(-1)!.extent;
  if (lanes === "columns") {
    const most = chunked ? 256 : clamp(16 * Math.floor((8 * work) / Math.max(1, total) / 16), 16, 256);
    const width = Math.min(roundUp(Math.max(1, columns), 4), most);
    return { width, chunk: chunked ? Math.max(1, Math.floor(work / width / step)) : 0 };
  }
  if (chunked) return { width: 4, chunk: Math.max(1, Math.floor(work / 2 / step)) };
  return {
    width: Math.min(roundUp(Math.max(1, columns), 4), clamp(4 * Math.floor(work / Math.max(1, total) / 8), 4, 64)),
    chunk: 0,
  };
}

export interface ReduceVariant {
  /** Elements of a unit of work, about. */
  readonly work?: number | undefined;
}

export function reducePlan(kernel: ReduceKernel, dtypes: DTypes, { work = UNIT_WORK }: ReduceVariant = {}): ReducePlan {
  const { prologue, reads } = kernel;
  const { epilogue, numbers } = withArguments(kernel.epilogue);
  const typeOf = (value: number): DType => prologue.instructions[prologue.results[value]!]!.dtype;
  const codes = kernel.accumulators.map(({ kind, value }) => ({ code: accumulatorCode(kind, typeOf(value)), value }));
  const axes = loopsOf(
    kernel,
    codes.some(({ code }) => code.needsPosition),
  );
  const lanes = lanesOf(reads.length, axes.kept, axes.reduced);
  const cost = 1 + new ExpressionEmitter(prologue, prologueLevels(axes.kept, axes.reduced)).cost / 8;
  const { width, chunk } = cutOf(axes, lanes, Math.max(64, Math.floor(work / cost)));
  let blockBytes = 0;
  const accumulators = codes.map(({ code, value }) => ({
    code,
    value,
    slots: code.slots.map((dtype): Slot => {
      const offset = blockBytes;
      blockBytes += roundUp(width * byteSize(dtype), 16);
      return { dtype, offset };
    }),
  }));
  const types = dtypes.reads.map((d) => shortDType[d]).join("");
  const key = [
    `reduce ${lanes} w${width} c${chunk} ${kernel.accumulators.map((a) => `${a.kind}${a.value}`).join(" ")}`,
    `${types}${reads.length}${dtypes.writes.map((d) => shortDType[d]).join("")}`,
    loopsKey(axes.kept, axes.dynamic === "kept"),
    loopsKey(axes.reduced, axes.dynamic === "reduced"),
    expressionKey(prologue),
    expressionKey(epilogue),
  ].join(" | ");
  return {
    prologue,
    epilogue,
    numbers,
    accumulators,
    reads: dtypes.reads.slice(0, reads.length),
    extra: dtypes.reads.slice(reads.length, allReads(kernel).length),
    writes: dtypes.writes,
    ...axes,
    lanes,
    width,
    chunk,
    blockBytes,
    key,
  };
}

/** How many units there are and how many make a task: all from the shape. */
export interface ReduceCounts {
  readonly segments: number;
  readonly chunks: number;
  /** Units of a task. */
  readonly grain: number;
  /** Segments of a task of the second stage. */
  readonly finishGrain: number;
}

export function reduceCounts({ kept, reduced, width, chunk }: ReducePlan): ReduceCounts {
  const rows = sizeOf(kept.slice(0, -1).map((loop) => loop.extent));
  const segments = rows * ceilDiv(kept.at(-1)!.extent, width);
  const inner = reduced.at(-1)!.extent;
  const around = sizeOf(reduced.slice(0, -1).map((loop) => loop.extent));
  const steps = reduced.length === 1 ? inner : around;
  const chunks = chunk === 0 ? 1 : Math.max(1, ceilDiv(steps, chunk));
  const columns = Math.min(width, kept.at(-1)!.extent);
  const points = chunk === 0 ? inner * around : Math.min(chunk, steps) * (reduced.length === 1 ? 1 : inner);
  const grain = Math.max(1, Math.floor(UNIT_WORK / Math.max(1, columns * points)));
  return { segments, chunks, grain, finishGrain: Math.max(1, Math.floor(4096 / (columns * chunks))) };
}
