/**
 * `copy`: several sources into parts of one target, and a value where no part lies (concat, stack, pad, dilation).
 * One stage for each part, in order, so that parts that overlap end as the last one has them; before them one stage for
 * each box of the target that no part covers. Where parts have gaps, everything that they span is filled first.
 *
 * Parameters: `read0` …, `write0`; `outer0` … and `start0` … (bytes from `write0`) for parts, `fillOuter0` … and
 * `fillStart0` … for boxes. All are extents, so parts that differ in place or batch share their code.
 */

import { byteSize, type CopyKernel, type DType } from "@prewitt/core";
import type { CodeOptions, Stage } from "./kernel.ts";
import { movePlan, moveStage } from "./move.ts";
import { memoryOrder, sizeOf } from "./nest.ts";
import type { ElementBytes } from "./rows.ts";
import { type DTypes, readName, type ShapedKernel, writeName } from "./shaped.ts";

interface Box {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** More boxes than this are not worth their stages. */
const MAX_BOXES = 12;

/** What is left of a box without another: slabs along each axis in turn, in the order of `axes`. */
function without(box: Box, part: Box, axes: readonly number[]): Box[] {
  const low = box.start.map((s, a) => Math.max(s, part.start[a]!));
  const high = box.start.map((s, a) => Math.min(s + box.shape[a]!, part.start[a]! + part.shape[a]!));
  if (low.some((s, a) => s >= high[a]!)) return [box];
  const left: Box[] = [];
  const start = [...box.start];
  const shape = [...box.shape];
  for (const axis of axes) {
    const from = start[axis]!;
    const to = from + shape[axis]!;
    const slab = (first: number, end: number): void => {
      if (first >= end) return;
      left.push({ start: start.with(axis, first), shape: shape.with(axis, end - first) });
    };
    slab(from, low[axis]!);
    slab(high[axis]!, to);
    start[axis] = low[axis]!;
    shape[axis] = high[axis]! - low[axis]!;
  }
  return left;
}

/** Boxes of the target that hold every element outside the parts. */
function uncovered({ reads, writes, starts, steps }: CopyKernel): Box[] {
  const write = writes[0]!;
  const whole: Box = { start: write.shape.map(() => 0), shape: write.shape };
  const axes = memoryOrder(write.shape, write.strides);
  let boxes = [whole];
  reads.forEach(({ shape }, i) => {
    if (shape.some((n, a) => n > 1 && (steps?.[i]?.[a] ?? 1) !== 1)) return;
    boxes = boxes.flatMap((box) => without(box, { start: starts[i]!, shape }, axes));
  });
  boxes = boxes.filter(({ shape }) => sizeOf(shape) > 0);
  return boxes.length > MAX_BOXES ? [whole] : boxes;
}

/** The value in 16 bytes, brought into the dtype as a cast would. */
function patternOf(value: number, dtype: DType): Uint8Array {
  const whole = Math.trunc(value) || 0;
  switch (dtype) {
    case "float32":
      return new Uint8Array(new Float32Array(4).fill(value).buffer);
    case "float64":
      return new Uint8Array(new Float64Array(2).fill(value).buffer);
    case "int32":
      return new Uint8Array(new Int32Array(4).fill(Math.max(-2147483648, Math.min(2147483647, whole))).buffer);
    case "uint8":
      return new Uint8Array(16).fill(Math.max(0, Math.min(255, whole)));
    case "bool":
      return new Uint8Array(16).fill(value !== 0 ? 1 : 0);
  }
}

export interface CopyVariant {
  /** Bytes that a task should move. */
  readonly taskBytes?: number | undefined;
}

export function copyKernel(
  kernel: CopyKernel,
  dtypes: DTypes,
  _options: CodeOptions,
  { taskBytes }: CopyVariant = {},
): ShapedKernel {
  const write = kernel.writes[0]!;
  const dtype = dtypes.writes[0]!;
  const bytes = byteSize(dtype) as ElementBytes;
  const stages: Stage[] = [];
  const extents: Record<string, number> = {};
  const kinds = new Set<string>();
  const startOf = (start: readonly number[]): number =>
    start.reduce((at, s, axis) => at + s * write.strides[axis]! * bytes, 0);
  const add = (plan: ReturnType<typeof movePlan>, names: Parameters<typeof moveStage>[1], start: readonly number[]) => {
    stages.push(moveStage(plan, names));
    extents[names.outer] = plan.rows.outer[0]!.extent;
    extents[names.start] = startOf(start);
    kinds.add(plan.kind);
  };
  if (kernel.fill !== undefined) {
    const from = patternOf(kernel.fill, dtype);
    uncovered(kernel).forEach(({ shape, start }, b) => {
      const names = { to: writeName(0), outer: `fillOuter${b}`, start: `fillStart${b}` };
      add(movePlan({ shape, to: write.strides, from, bytes, taskBytes }), names, start);
    });
  }
  kernel.reads.forEach((part, i) => {
    if (sizeOf(part.shape) === 0) return;
    const to = write.strides.map((s, axis) => s * (kernel.steps?.[i]?.[axis] ?? 1));
    const names = { to: writeName(0), from: readName(i), outer: `outer${i}`, start: `start${i}` };
    add(movePlan({ shape: part.shape, to, from: part.strides, bytes, taskBytes }), names, kernel.starts[i]!);
  });
  return {
    variant: `copy ${[...kinds].join(" + ")}`,
    stages,
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => 0,
    extents,
  };
}
