/**
 * Which taps of a depthwise kernel meet the image, decided where code is generated: columns at the border are code of
 * their own with the taps that are inside; the columns between, where every tap is inside, are tiles in a loop.
 */

import { type FunctionBuilder, i32, type Local } from "../assembler/index.ts";
import type { TapAxis } from "./correlation.ts";
import { splitEvenly } from "./tile.ts";

/** Input index of tap j for output t. */
export const inputIndex = (axis: TapAxis, t: number, j: number): number =>
  t * axis.step + axis.offset + j * axis.spacing;

/** Taps of output t that lie in [0, extent). */
export function tapsInside(axis: TapAxis, extent: number, t: number): number[] {
  return axis.taps.map((_, j) => j).filter((j) => inputIndex(axis, t, j) >= 0 && inputIndex(axis, t, j) < extent);
}

/** Outputs whose taps are all inside: [from, to). Empty if none. */
export function interior(axis: TapAxis, extent: number): { from: number; to: number } {
  const all = (t: number): boolean => tapsInside(axis, extent, t).length === axis.taps.length;
  const inside = Array.from({ length: axis.count }, (_, t) => t).filter(all);
  return inside.length === 0 ? { from: axis.count, to: axis.count } : { from: inside[0]!, to: inside.at(-1)! + 1 };
}

/** Columns outside the interior, each with code of its own. */
export function borderColumns(axis: TapAxis, extent: number): number[] {
  const { from, to } = interior(axis, extent);
  return Array.from({ length: axis.count }, (_, t) => t).filter((t) => t < from || t >= to);
}

/** One run of columns: `size` neighbours whose taps are `taps`, at column `t` (the first of them, at run time). */
export interface ColumnRun {
  readonly size: number;
  readonly taps: readonly number[];
}

/**
 * Emits all columns of a row in order: borders one by one, the interior in tiles of at most `limit`. `body` finds the
 * column's number in `t`.
 */
export function forColumns(
  f: FunctionBuilder,
  axis: TapAxis,
  extent: number,
  limit: number,
  t: Local<"i32">,
  body: (run: ColumnRun) => void,
): void {
  const { from, to } = interior(axis, extent);
  const single = (column: number): void => {
    f.set(t, column);
    body({ size: 1, taps: tapsInside(axis, extent, column) });
  };
  for (let column = 0; column < from; column++) single(column);
  f.set(t, from);
  const all = axis.taps.map((_, j) => j);
  let at = from;
  for (const { size, count } of splitEvenly(to - from, limit)) {
    at += size * count;
    const end = at;
    const step = (): void => {
      body({ size, taps: all });
      f.increment(t, size);
    };
    if (count === 1) step();
    else {
      f.doWhile(() => {
        step();
        return i32.ne(t, end);
      });
    }
  }
  for (let column = to; column < axis.count; column++) single(column);
}
