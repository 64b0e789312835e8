/**
 * The stage that multiplies. A task is a block of rows × a block of columns × a chunk of k of one product. Within it, for
 * each block of k, register tiles go down the rows and along the columns: the rows of A stay in the first cache, the block
 * of B in the second. Between blocks of k a tile rests in C, which keeps every bit.
 */

import { i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { type Index, productsOf } from "./contract-address.ts";
import { defineCopyColumns, defineCopyRows } from "./contract-block.ts";
import { emitPanels, type Panels } from "./contract-panels.ts";
import type { ContractPlan } from "./contract-plan.ts";
import { beginTask, type Task } from "./contract-task.ts";
import { forRowTiles, tileLocals } from "./contract-tile.ts";
import { type Epilogue, epilogueKey, epilogueParameters } from "./epilogue.ts";
import { alignLine, type Extents, type Parameter, pointers, type Stage, signature } from "./kernel.ts";
import { touch } from "./touch.ts";

function parametersOf(plan: ContractPlan, epilogue: Epilogue | undefined): Parameter[] {
  const { chunked, constantK, packA, b, inOneBlock } = plan;
  return [
    ...pointers("a", b === "packed" ? "packedB" : "b", chunked ? "partial" : "c"),
    ...pointers("m", "rows", "columns"),
    ...pointers(...(constantK === undefined ? ["k"] : []), ...(inOneBlock ? [] : ["block"])),
    ...pointers(...(chunked ? ["chunk"] : []), ...(packA || b === "local" ? ["local"] : [])),
    ...(chunked ? [] : epilogueParameters(epilogue)),
  ];
}

export const chunksOf = (plan: ContractPlan, { k, chunk }: Extents): number =>
  plan.chunked ? Math.max(1, Math.ceil(k! / chunk!)) : 1;

/** Bytes of a thread's scratch: the task's columns of B, then its rows of A, over one block of k. */
export function localBytes(plan: ContractPlan, { rows, columns, block }: Extents): number {
  const width = (plan.b === "local" ? columns! : 0) + (plan.packA ? rows! : 0);
  return alignLine(width * block! * plan.element.bytes);
}

/** Elements of a row from which on reading six of them at once defeats the prefetcher. */
const LONG_ROW = 128;

/** Whether the rows of a tile follow one another in memory without a gap, so that they can be fetched in sequence. */
const comesAsOneRun = ({ shape, inOneBlock }: ContractPlan): boolean =>
  inOneBlock && shape.a.k === 1 && shape.a.m === shape.k && shape.k >= LONG_ROW;

export function productStage(plan: ContractPlan, epilogue: Epilogue | undefined): Stage {
  const { shape, chunked } = plan;
  const stage: Stage = {
    key: `${plan.key}${chunked ? "" : epilogueKey(epilogue)} multiply`,
    parameters: parametersOf(plan, epilogue),
    tasks: (extents) =>
      productsOf(plan, extents) *
      chunksOf(plan, extents) *
      Math.ceil(extents.m! / extents.rows!) *
      Math.ceil(shape.n / extents.columns!),
    define: (module) => defineProduct(module, stage, plan, chunked ? undefined : epilogue),
  };
  return stage;
}

function defineProduct(module: ModuleBuilder, stage: Stage, plan: ContractPlan, epilogue: Epilogue | undefined) {
  const { shape, element, tileRows, tileColumns } = plan;
  const { bytes } = element;
  const copyColumns = plan.b === "local" ? defineCopyColumns(module, stage.key, plan) : undefined;
  const copyRows = plan.packA ? defineCopyRows(module, stage.key, plan) : undefined;
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Record<string, Local<"i32">>;
    const locals = tileLocals(f, tileRows, tileColumns / element.lanes);

    /** One block of k: `from` … `from + count`; without `from`, all of k. */
    const block = (t: Task, from: Local<"i32"> | undefined, count: Index, first: Index, last: Index): void => {
      const at = (base: Index, step: number): Index =>
        from === undefined ? base : i32.add(base, i32.mul(from, step * bytes));
      const steps = plan.inOneBlock ? i32.const(plan.constantK!) : p.block!;
      const a = at(t.a, shape.a.k);
      const localB = copyColumns === undefined ? undefined : p.local!;
      if (localB !== undefined) f.do(f.call(copyColumns!, [at(t.b, shape.b.k), localB, count, t.j0, t.j1]));
      const afterB = localB === undefined ? i32.const(0) : i32.mul(i32.mul(p.columns!, steps), bytes);
      const localA = copyRows === undefined ? undefined : f.let(i32.add(p.local!, afterB));
      if (localA !== undefined) f.do(f.call(copyRows!, [a, localA, count, t.i0, t.i1]));
      forRowTiles(f, tileRows, t.i0, t.i1, (row, rows) => {
        const tileA = f.let(
          localA === undefined
            ? i32.add(a, i32.mul(row, shape.a.m * bytes))
            : i32.add(localA, i32.mul(i32.mul(i32.sub(row, t.i0), count), bytes)),
        );
        if (localA === undefined && comesAsOneRun(plan)) touch(f, tileA, rows * shape.k * bytes);
        const panels: Panels = { row, rows, a: tileA, b: localB, from, count, first, last };
        emitPanels(f, plan, t, locals, panels, epilogue, p);
      });
    };

    const task = f.local("i32");
    f.for(task, p.t0!, p.t1!, 1, () => {
      const t = beginTask(f, plan, task);
      if (plan.inOneBlock) {
        block(t, undefined, i32.const(plan.constantK!), i32.const(1), i32.const(1));
        return;
      }
      const from = f.let(t.k0);
      const count = f.local("i32");
      const first = f.local("i32");
      const last = f.local("i32");
      f.doWhile(() => {
        f.set(count, i32.sub(t.k1, from));
        f.if(i32.gtS(count, p.block!), () => f.set(count, p.block!));
        f.set(first, i32.eq(from, t.k0));
        f.set(last, i32.eq(i32.add(from, count), t.k1));
        block(t, from, count, first, last);
        f.set(from, i32.add(from, count));
        return i32.ltS(from, t.k1);
      });
    });
  });
}
