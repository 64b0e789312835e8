/**
 * One row of register tiles: some rows of A times all panels of columns of a task, over one block of k.
 */

import { type FunctionBuilder, i32, type Local } from "../assembler/index.ts";
import { type Index, kOf } from "./contract-address.ts";
import { lastPanels, paddedColumns } from "./contract-pack.ts";
import type { ContractPlan } from "./contract-plan.ts";
import type { Task } from "./contract-task.ts";
import { accumulateTile, lanesOf, type TileLocals } from "./contract-tile.ts";
import type { Epilogue } from "./epilogue.ts";

export interface Panels {
  readonly row: Local<"i32">;
  readonly rows: number;
  /** First element of these rows in the block of k, in place or copied. */
  readonly a: Local<"i32">;
  /** The thread's copy of the block of B. */
  readonly b: Local<"i32"> | undefined;
  /** The block of k; without `from`, all of k. */
  readonly from: Local<"i32"> | undefined;
  readonly count: Index;
  /** Whether sums start at this block, and whether they end with it. */
  readonly first: Index;
  readonly last: Index;
}

export function emitPanels(
  f: FunctionBuilder,
  plan: ContractPlan,
  t: Task,
  locals: TileLocals,
  panels: Panels,
  epilogue: Epilogue | undefined,
  parameters: Readonly<Record<string, Local>>,
): void {
  const { shape, element, tileColumns, tileRows } = plan;
  const { bytes } = element;
  const { row, rows, from, count } = panels;
  const cRow = (plan.chunked ? shape.n : shape.c) * bytes;
  const column = f.let(t.j0);
  f.set(locals.c, i32.add(t.c, i32.add(i32.mul(row, cRow), i32.mul(column, bytes))));
  const inPlace = plan.b === "direct" || plan.b === "gather";
  const b = f.let(beginB(plan, t, panels, column, f));

  const panel = (columns: number): void => {
    const vectors = lanesOf(columns, element.lanes);
    const width = paddedColumns(columns, element);
    const tiles = vectors.flatMap((lanes, v) =>
      Array.from({ length: rows }, (_, r) => ({ r, v, lanes, offset: r * cRow + v * 16 })),
    );
    tiles.sort((x, y) => x.r - y.r || x.v - y.v);
    const places = tiles.map((place, i) => ({ ...place, accumulator: locals.accumulators[i]! }));
    f.set(locals.a, panels.a);
    f.set(locals.b, b);
    f.if(
      panels.first,
      () => {
        for (const { accumulator } of places) f.set(accumulator, element.zero);
      },
      () => {
        for (const { accumulator, lanes, offset } of places) f.set(accumulator, element.load(locals.c, lanes, offset));
      },
    );
    accumulateTile(f, element, locals, {
      rows,
      columns,
      aRow: plan.packA ? bytes : shape.a.m * bytes,
      aStep: plan.packA ? rows * bytes : shape.a.k * bytes,
      bColumn: inPlace ? shape.b.n * bytes : bytes,
      bStep: inPlace ? shape.b.k * bytes : width * bytes,
      padded: !inPlace,
      count: count.constant ?? (count as Local<"i32">),
      unroll: rows === tileRows ? plan.unroll : Math.min(plan.unroll, 2),
    });
    if (epilogue !== undefined) {
      f.if(panels.last, () => {
        const offset = f.let(i32.sub(locals.c, parameters.c as Local<"i32">));
        const channel = f.let(i32.mul(column, bytes));
        const vectors = places.map(({ accumulator, v, lanes, offset: constant }) => ({
          value: accumulator,
          offset: i32.add(offset, constant),
          channel: i32.add(channel, v * 16),
          lanes,
        }));
        epilogue.emit(f, parameters, vectors);
      });
    }
    // Later ones first: an engine that joins pairs of stores then needs no further store in case the pair traps.
    for (const { accumulator, lanes, offset } of places.toReversed())
      f.do(...element.store(locals.c, accumulator, lanes, offset));
  };

  const advance = (columns: number): void => {
    f.increment(locals.c, columns * bytes);
    f.increment(column, columns);
    if (inPlace) f.increment(b, columns * shape.b.n * bytes);
    else f.set(b, i32.add(b, i32.mul(plan.b === "local" ? count : kOf(plan, f), columns * bytes)));
  };
  const last = lastPanels(plan);
  if (shape.n >= tileColumns) {
    const end = last.length === 0 ? t.j1 : f.let(i32.sub(t.j1, tileColumns - 1));
    f.while(
      () => i32.ltS(column, end),
      () => {
        panel(tileColumns);
        advance(tileColumns);
      },
    );
  }
  let wider = tileColumns;
  for (const columns of last) {
    const width = paddedColumns(columns, element);
    const less = wider - width;
    wider = width;
    f.if(i32.ltS(column, t.j1), () => {
      // Panels hold all of k: a narrower panel has a shorter way to the block.
      if (plan.b === "packed" && from !== undefined) f.set(b, i32.sub(b, i32.mul(from, less * bytes)));
      panel(columns);
      if (columns !== last.at(-1)) advance(columns);
    });
  }
}

/** First element of B for the block of k and the task's first column. */
function beginB(plan: ContractPlan, t: Task, { b, from }: Panels, column: Local<"i32">, f: FunctionBuilder): Index {
  const { shape, element, tileColumns } = plan;
  const { bytes } = element;
  if (b !== undefined) return b;
  const start = (base: Index, step: number): Index => (from === undefined ? base : i32.add(base, i32.mul(from, step)));
  if (plan.b === "packed") {
    return start(i32.add(t.b, i32.mul(i32.mul(column, kOf(plan, f)), bytes)), tileColumns * bytes);
  }
  return start(i32.add(t.b, i32.mul(column, shape.b.n * bytes)), shape.b.k * bytes);
}
