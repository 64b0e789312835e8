/**
 * Work cut into tasks along a loop nest: a task is some rows (a row: the innermost loop, or what the caller does in one
 * go), or a piece of a long row; with one loop, a run of its elements. The outermost extent is an argument. How work is
 * cut depends on inner shapes alone.
 */

import { i32, type Local } from "../assembler/index.ts";
import type { Emitter, Index } from "./emitter.ts";
import { type Loop, loopsKey, sizeOf } from "./nest.ts";
import { ceilDiv, smaller } from "./shaped.ts";
import { Walker } from "./walker.ts";

export interface RowTasks {
  /** Around a row, the first with a run-time extent. */
  readonly outer: readonly Loop[];
  /** The loop that a row consists of; `undefined` where the one loop of `outer` is the row. */
  readonly row: Loop | undefined;
  /** Rows of a task; elements without `row`. */
  readonly chunk: number;
  /** Elements of a row in a task, where rows are cut; else 0. */
  readonly piece: number;
}

/** A loop for nests that have none. */
export const onceLoop = (operands: number): Loop => ({
  extent: 1,
  strides: new Array<number>(operands).fill(0),
  axis: -1,
});

/**
 * @param outer at least one loop
 * @param work elements that a task should have
 * @param weight elements that each step of the row stands for
 */
export function cutRows(outer: readonly Loop[], row: Loop | undefined, work: number, weight = 1): RowTasks {
  const whole = Math.max(1, Math.floor(work));
  if (row === undefined) return { outer, row, chunk: whole, piece: 0 };
  const size = Math.max(1, row.extent * weight);
  const piece = size > 2 * whole ? 16 * Math.max(1, Math.floor(whole / weight / 16)) : 0;
  return { outer, row, chunk: Math.max(1, Math.floor(whole / size)), piece };
}

/** The last loop of a nest as the row, where there are others around it. */
export function cutLoops(loops: readonly Loop[], operands: number, work: number): RowTasks {
  if (loops.length > 1) return cutRows(loops.slice(0, -1), loops.at(-1), work);
  return cutRows(loops.length === 1 ? loops : [onceLoop(operands)], undefined, work);
}

/** How far operands move in a step of a row. */
export const rowStrides = (rows: RowTasks): readonly number[] => (rows.row ?? rows.outer[0]!).strides;

export const rowsKey = ({ outer, row, chunk, piece }: RowTasks): string =>
  `${loopsKey(outer, true)} | ${row === undefined ? "" : loopsKey([row], false)} / ${chunk} ${piece}`;

const rowsOf = (outer: readonly Loop[]): number => sizeOf(outer.slice(1).map((loop) => loop.extent));

export function countTasks({ outer, row, chunk, piece }: RowTasks, extent: number): number {
  const rows = extent * rowsOf(outer);
  if (rows === 0 || row?.extent === 0) return 0;
  return piece > 0 ? rows * ceilDiv(row!.extent, piece) : ceilDiv(rows, chunk);
}

export interface RowRange {
  /** Addresses of the operands. */
  readonly bases: readonly Index[];
  /** Sizes of the operands' elements. */
  readonly bytes: readonly number[];
  /** Extent of the outermost loop. */
  readonly extent: Index;
  readonly t0: Index;
  readonly t1: Index;
}

export type RowBody = (pointers: readonly Local<"i32">[], count: number | Local<"i32">) => void;

/** Emits the tasks [t0, t1): `body` for each row, piece or run, at the operands' addresses. It leaves them alone. */
export function emitRows(e: Emitter, rows: RowTasks, range: RowRange, body: RowBody): void {
  const { f } = e;
  const { outer, row, chunk, piece } = rows;
  const { bases, bytes, extent, t0, t1 } = range;
  const walker = new Walker(e, outer, bytes);
  if (piece > 0) {
    emitPieces(e, rows, range, walker, body);
    return;
  }
  const start = e.let(i32.mul(t0, chunk));
  const all = e.let(i32.mul(extent, rowsOf(outer)));
  const left = e.variable(i32.sub(smaller(e, i32.mul(t1, chunk), all), start));
  walker.seek(bases, start);
  if (row === undefined) {
    e.scope(() => body(walker.pointers, left));
    return;
  }
  f.while(
    () => i32.gtS(left, 0),
    () => {
      e.scope(() => body(walker.pointers, row.extent));
      walker.advance();
      f.increment(left, -1);
    },
  );
}

function emitPieces(e: Emitter, rows: RowTasks, range: RowRange, walker: Walker, body: RowBody): void {
  const { f } = e;
  const { piece } = rows;
  const { extent, strides } = rows.row!;
  const pieces = ceilDiv(extent, piece);
  const t = e.variable(range.t0);
  f.while(
    () => i32.ltS(t, range.t1),
    () => {
      e.scope(() => {
        const first = e.let(i32.mul(i32.remU(t, pieces), piece));
        walker.seek(range.bases, i32.divU(t, pieces));
        walker.pointers.forEach((pointer, k) => {
          f.increment(pointer, i32.mul(first, strides[k]! * range.bytes[k]!));
        });
        body(walker.pointers, smaller(e, i32.sub(extent, first), i32.const(piece)));
      });
      f.increment(t, 1);
    },
  );
}
