/**
 * Copies of a task's part of A and B over one block of k, in panels, into the scratch of the thread: the panel of columns
 * from j on begins at element (j − j0)·steps, the tile of rows from i on at element (i − i0)·steps.
 */

import { type FunctionHandle, i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { defineCopiesOfB, defineCopyPanel, defineCopyPanels, TOGETHER } from "./contract-pack.ts";
import type { ContractPlan } from "./contract-plan.ts";
import { forRowTiles } from "./contract-tile.ts";

/** (source at the block's first k, target, steps, first, end): rows of A or columns of B. */
export type CopyBlock = FunctionHandle<"void">;

const parameters = { source: "i32", target: "i32", steps: "i32", first: "i32", end: "i32" } as const;

export function defineCopyColumns(module: ModuleBuilder, key: string, plan: ContractPlan): CopyBlock {
  const { shape, element, tileColumns } = plan;
  const { several, whole, last } = defineCopiesOfB(module, `${key} columns`, plan);
  const name = `${key} copy columns`;
  return module.function({ name, parameters, export: false }, (f, { source, target, steps, first, end }) => {
    const column = f.let(first);
    const panelBytes = f.let(i32.mul(steps, tileColumns * element.bytes));
    const from = f.let(i32.add(source, i32.mul(first, shape.b.n * element.bytes)));
    const advance = (panels: number): void => {
      f.increment(from, panels * tileColumns * shape.b.n * element.bytes);
      f.set(target, i32.add(target, i32.mul(panelBytes, panels)));
      f.increment(column, panels * tileColumns);
    };
    const loop = (panels: number, body: () => void): void => {
      const last = f.let(i32.sub(end, panels * tileColumns));
      f.while(
        () => i32.leS(column, last),
        () => {
          body();
          advance(panels);
        },
      );
    };
    if (several !== undefined) loop(TOGETHER, () => f.do(f.call(several, [from, target, steps, panelBytes])));
    if (whole !== undefined) loop(1, () => f.do(f.call(whole, [from, target, steps])));
    for (const { columns, copy } of last) {
      f.if(i32.ltS(column, end), () => {
        f.do(f.call(copy, [from, target, steps]));
        f.increment(from, columns * shape.b.n * element.bytes);
        f.set(target, i32.add(target, i32.mul(steps, columns * element.bytes)));
        f.increment(column, columns);
      });
    }
  });
}

export function defineCopyRows(module: ModuleBuilder, key: string, plan: ContractPlan): CopyBlock {
  const { shape, element, tileRows } = plan;
  const { bytes } = element;
  const panel = (rows: number) => ({ row: shape.a.m * bytes, step: shape.a.k * bytes, rows, width: rows });
  const single = Array.from({ length: tileRows }, (_, i) =>
    defineCopyPanel(module, `${key} rows ${i + 1}`, element, panel(i + 1)),
  );
  const several =
    shape.a.m === 1 ? defineCopyPanels(module, `${key} rows several`, element, panel(tileRows)) : undefined;
  const name = `${key} copy rows`;
  return module.function({ name, parameters, export: false }, (f, { source, target, steps, first, end }) => {
    const row = f.let(first);
    const to = f.local("i32");
    const address = (i: Local<"i32">) => i32.add(source, i32.mul(i, shape.a.m * bytes));
    const place = (i: Local<"i32">): void =>
      f.set(to, i32.add(target, i32.mul(i32.mul(i32.sub(i, first), steps), bytes)));
    if (several !== undefined) {
      const group = TOGETHER * tileRows;
      const left = f.let(i32.sub(end, row));
      const tileBytes = f.let(i32.mul(steps, tileRows * bytes));
      f.while(
        // As many whole tiles as `forRowTiles` makes.
        () => i32.or(i32.geS(left, group + 3), i32.eq(left, group)),
        () => {
          place(row);
          f.do(f.call(several, [address(row), to, steps, tileBytes]));
          f.increment(row, group);
          f.increment(left, -group);
        },
      );
    }
    forRowTiles(f, tileRows, row, end, (i, rows) => {
      place(i);
      f.do(f.call(single[rows - 1]!, [address(i), to, steps]));
    });
  });
}
