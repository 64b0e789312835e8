/**
 * The stage that multiplies. A task is a block of rows × a block of columns × a chunk of k of one product; within it, for
 * each block of k and each panel of columns, register tiles go down the rows: the panel of B stays in the first cache,
 * the rows of A in the second. Between blocks of k a tile rests in C, which keeps every bit.
 */

import { i32, type Local, type ModuleBuilder, type Value } from "../assembler/index.ts";
import { batchOffset, kOf, productsOf, taskOf } from "./contract-address.ts";
import { aRepeats, bRepeats, packedColumns, rowBlocks } from "./contract-pack.ts";
import type { ContractPlan } from "./contract-plan.ts";
import { accumulateTile, forRowTiles, lanesOf, tileLocals } from "./contract-tile.ts";
import { type Epilogue, epilogueKey, epilogueParameters } from "./epilogue.ts";
import { type Extents, type Parameter, pointers, type Stage, signature } from "./kernel.ts";

type Index = Value<"i32">;

export function productParameters(plan: ContractPlan, epilogue: Epilogue | undefined): Parameter[] {
  const { chunked, constantK, packA, b } = plan;
  return [
    ...pointers(packA ? "packedA" : "a", b === "packed" ? "packedB" : "b", chunked ? "partial" : "c"),
    ...pointers("m", "rows", "columns"),
    ...(constantK === undefined ? pointers("k") : []),
    ...(chunked ? pointers("chunk") : []),
    ...(chunked ? [] : epilogueParameters(epilogue)),
  ];
}

export const chunksOf = (plan: ContractPlan, { k, chunk }: Extents): number =>
  plan.chunked ? Math.max(1, Math.ceil(k! / chunk!)) : 1;

const ceilDiv = (value: Index, divisor: Index): Index => i32.divU(i32.add(value, i32.sub(divisor, 1)), divisor);

export function productStage(plan: ContractPlan, epilogue: Epilogue | undefined): Stage {
  const { shape, chunked } = plan;
  const stage: Stage = {
    key: `${plan.key}${chunked ? "" : epilogueKey(epilogue)} multiply`,
    parameters: productParameters(plan, epilogue),
    tasks: (extents) =>
      productsOf(plan, extents) * chunksOf(plan, extents) * rowBlocks(extents) * Math.ceil(shape.n / extents.columns!),
    define: (module) => defineProduct(module, stage, plan, chunked ? undefined : epilogue),
  };
  return stage;
}

/** Where a task's operands begin, and its range of rows, columns and k. */
interface Task {
  readonly a: Local<"i32">;
  readonly b: Local<"i32">;
  readonly c: Local<"i32">;
  readonly i0: Local<"i32">;
  readonly i1: Local<"i32">;
  readonly j0: Local<"i32">;
  readonly j1: Local<"i32">;
  /** Absent: all of a constant k. */
  readonly k0?: Local<"i32">;
  readonly k1?: Index;
}

function defineProduct(module: ModuleBuilder, stage: Stage, plan: ContractPlan, epilogue: Epilogue | undefined) {
  const { shape, element, constantK, chunked, blockK } = plan;
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Record<string, Local<"i32">>;
    const locals = tileLocals(f, plan.tileRows);
    const rowBlocks = f.let(ceilDiv(p.m!, p.rows!));
    const columnBlocks = f.let(ceilDiv(i32.const(shape.n), p.columns!));
    const one = i32.const(1);
    const ofChunks = chunked ? ceilDiv(kOf(plan, f), p.chunk!) : one;
    // k = 0 is one empty chunk.
    const chunks = chunked ? f.let(i32.maxS(ofChunks, one)) : one;
    const begin = (task: Index): Task => {
      const [product, chunk, rowBlock, columnBlock] = taskOf(f, task, [chunks, rowBlocks, columnBlocks]);
      const [a, b, c] = basesOf(product!, chunk!);
      const i0 = f.let(i32.mul(rowBlock!, p.rows!));
      const pastRows = f.let(i32.add(i0, p.rows!));
      const j0 = f.let(i32.mul(columnBlock!, p.columns!));
      const pastColumns = f.let(i32.add(j0, p.columns!));
      const i1 = f.let(i32.minS(pastRows, p.m!));
      const j1 = f.let(i32.minS(pastColumns, i32.const(shape.n)));
      if (!chunked) return { a, b, c, i0, i1, j0, j1 };
      const k0 = f.let(i32.mul(chunk!, p.chunk!));
      const pastK = f.let(i32.add(k0, p.chunk!));
      return { a, b, c, i0, i1, j0, j1, k0, k1: f.let(i32.minS(pastK, kOf(plan, f))) };
    };
    const basesOf = (product: Index, chunk: Index): [Local<"i32">, Local<"i32">, Local<"i32">] => {
      const { bytes } = element;
      const k = kOf(plan, f);
      const packed = (base: Index, repeats: boolean, elements: Index): Index =>
        repeats ? base : i32.add(base, i32.mul(i32.mul(product, elements), bytes));
      const direct = (base: Index, name: "a" | "b" | "c"): Index =>
        shape.batch.length === 0 ? base : i32.add(base, batchOffset(f, plan, product, name));
      const a = plan.packA ? packed(p.packedA!, aRepeats(plan), i32.mul(p.m!, k)) : direct(p.a!, "a");
      const b =
        plan.b === "packed" ? packed(p.packedB!, bRepeats(plan), i32.mul(k, packedColumns(plan))) : direct(p.b!, "b");
      const c = chunked
        ? i32.add(p.partial!, i32.mul(i32.mul(i32.add(i32.mul(product, chunks), chunk), p.m!), shape.n * bytes))
        : direct(p.c!, "c");
      return [f.let(a), f.let(b), f.let(c)];
    };
    const task = f.local("i32");
    f.for(task, p.t0!, p.t1!, 1, () => {
      const t = begin(task);
      const tiles = makeTiles(f, plan, t, locals, p, epilogue);
      if (!chunked && constantK !== undefined && constantK <= blockK) {
        tiles(undefined, i32.const(constantK), 1, 1);
        return;
      }
      const from = f.let(t.k0 ?? i32.const(0));
      const to = t.k1 ?? kOf(plan, f);
      const count = f.local("i32");
      f.doWhile(() => {
        f.set(count, i32.sub(to, from));
        f.if(i32.gtS(count, blockK), () => f.set(count, blockK));
        const past = f.let(i32.add(from, count));
        tiles(from, count, i32.eq(from, t.k0 ?? i32.const(0)), i32.eq(past, to));
        f.set(from, past);
        return i32.ltS(from, to);
      });
    });
  });
}

type Tiles = (from: Local<"i32"> | undefined, count: Index, first: Index | 1, last: Index | 1) => void;

function makeTiles(
  f: Parameters<typeof tileLocals>[0],
  plan: ContractPlan,
  t: Task,
  locals: ReturnType<typeof tileLocals>,
  p: Record<string, Local>,
  epilogue: Epilogue | undefined,
): Tiles {
  const { shape, element, tileColumns, tileRows } = plan;
  const { bytes } = element;
  const rest = shape.n % tileColumns;
  const cRow = (plan.chunked ? shape.n : shape.c) * bytes;
  const base = p.c as Local<"i32"> | undefined;
  return (from, count, firstValue, lastValue) => {
    const first = firstValue === 1 ? 1 : f.let(firstValue);
    const last = lastValue === 1 ? 1 : f.let(lastValue);
    const steps = count.constant ?? (count as Local<"i32">);
    const start = (base: Index, perStep: number): Index =>
      from === undefined ? base : i32.add(base, i32.mul(from, perStep));
    const panel = (column: Local<"i32">, columns: number): void => {
      const vectors = lanesOf(columns, element.lanes);
      const panelWidth = vectors.length * element.lanes;
      const packed = plan.b === "packed";
      const b = f.let(
        packed
          ? start(i32.add(t.b, i32.mul(i32.mul(column, kOf(plan, f)), bytes)), panelWidth * bytes)
          : start(i32.add(t.b, i32.mul(column, shape.b.n * bytes)), shape.b.k * bytes),
      );
      const bStep = (packed ? panelWidth : shape.b.k) * bytes;
      const bColumn = (packed ? 1 : shape.b.n) * bytes;
      forRowTiles(f, tileRows, t.i0, t.i1, (row, rows) => {
        const accumulators = locals.accumulators.slice(0, rows * vectors.length);
        f.set(locals.b, b);
        f.set(
          locals.a,
          plan.packA
            ? start(i32.add(t.a, i32.mul(i32.mul(row, kOf(plan, f)), bytes)), rows * bytes)
            : start(i32.add(t.a, i32.mul(row, shape.a.m * bytes)), shape.a.k * bytes),
        );
        f.set(locals.c, i32.add(t.c, i32.add(i32.mul(row, cRow), i32.mul(column, bytes))));
        const places = accumulators.map((accumulator, i) => ({
          accumulator,
          offset: Math.floor(i / vectors.length) * cRow + (i % vectors.length) * 16,
          lanes: vectors[i % vectors.length]!,
        }));
        f.if(
          first,
          () => {
            for (const { accumulator } of places) f.set(accumulator, element.zero);
          },
          () => {
            for (const { accumulator, offset, lanes } of places)
              f.set(accumulator, element.load(locals.c, lanes, offset));
          },
        );
        accumulateTile(f, element, locals, {
          rows,
          columns,
          aRow: (plan.packA ? 1 : shape.a.m) * bytes,
          aStep: (plan.packA ? rows : shape.a.k) * bytes,
          bColumn,
          bStep,
          padded: packed,
          count: steps,
          unroll: rows === tileRows ? plan.unroll : Math.min(plan.unroll, 2),
        });
        if (epilogue !== undefined) {
          f.if(last, () => {
            const offset = f.let(i32.sub(locals.c, base!));
            const channel = f.let(i32.mul(column, bytes));
            epilogue.emit(
              f,
              p,
              places.map(({ accumulator, offset: constant, lanes }, i) => ({
                value: accumulator,
                offset: i32.add(offset, constant),
                channel: i32.add(channel, (i % vectors.length) * 16),
                lanes,
              })),
            );
          });
        }
        for (const { accumulator, offset, lanes } of places)
          f.do(...element.store(locals.c, accumulator, lanes, offset));
      });
    };
    const column = f.let(t.j0);
    const body = (): void => {
      const wholeEnd = rest === 0 ? t.j1 : f.let(i32.sub(t.j1, tileColumns - 1));
      f.while(
        () => i32.ltS(column, wholeEnd),
        () => {
          panel(column, tileColumns);
          f.increment(column, tileColumns);
        },
      );
    };
    if (shape.n >= tileColumns) body();
    if (rest > 0) f.if(i32.ltS(column, t.j1), () => panel(column, rest));
  };
}
