/**
 * Adds up the partial sums of chunks of k, in ascending order: stage (partial, c, batch, m, k, chunk). A task is a run of
 * rows of one product.
 */

import { type FunctionBuilder, i32, type Local, type Value } from "../assembler/index.ts";
import { batchOffset, kOf, productsOf, taskOf } from "./contract-address.ts";
import type { ContractPlan } from "./contract-plan.ts";
import { type Epilogue, epilogueKey, epilogueParameters } from "./epilogue.ts";
import { type Extents, type Parameter, pointers, type Stage, signature } from "./kernel.ts";

/** Vectors that are summed together. */
const TOGETHER = 4;
/** Elements of C in a task. */
const TASK_ELEMENTS = 4096;

const rowsOfTask = ({ shape: { n } }: ContractPlan): number => Math.max(1, Math.floor(TASK_ELEMENTS / Math.max(1, n)));

export function combineStage(plan: ContractPlan, epilogue: Epilogue | undefined): Stage {
  const { shape, element, constantK } = plan;
  const rows = rowsOfTask(plan);
  const parameters: Parameter[] = [
    ...pointers("partial", "c", "m", "chunk"),
    ...(constantK === undefined ? pointers("k") : []),
    ...epilogueParameters(epilogue),
  ];
  const stage: Stage = {
    key: `${plan.key}${epilogueKey(epilogue)} combine`,
    parameters,
    tasks: (extents: Extents) => productsOf(plan, extents) * Math.ceil(extents.m! / rows),
    define: (module) =>
      module.function({ name: stage.key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const ofChunks = i32.divU(i32.add(kOf(plan, f), i32.sub(p.chunk!, 1)), p.chunk!);
        const chunks = f.let(i32.maxS(ofChunks, i32.const(1)));
        const plane = f.let(i32.mul(p.m!, shape.n * element.bytes));
        const blocks = f.let(i32.divU(i32.add(p.m!, rows - 1), rows));
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const [product, block] = taskOf(f, task, [blocks]);
          const first = f.let(i32.mul(block!, rows));
          const past = f.let(i32.add(first, rows));
          const end = f.let(i32.minS(past, p.m!));
          const row = f.local("i32");
          const partial = f.let(i32.add(p.partial!, i32.mul(i32.mul(product!, chunks), plane)));
          const c = f.let(shape.batch.length === 0 ? p.c! : i32.add(p.c!, batchOffset(f, plan, product!, "c")));
          f.for(row, first, end, 1, () => {
            const from = f.let(i32.add(partial, i32.mul(row, shape.n * element.bytes)));
            const to = f.let(i32.add(c, i32.mul(row, shape.c * element.bytes)));
            combineRow(f, plan, { from, to, chunks, plane, p }, epilogue);
          });
        });
      }),
  };
  return stage;
}

interface Row {
  readonly from: Local<"i32">;
  readonly to: Local<"i32">;
  readonly chunks: Local<"i32">;
  readonly plane: Local<"i32">;
  readonly p: Record<string, Local>;
}

function combineRow(f: FunctionBuilder, plan: ContractPlan, row: Row, epilogue: Epilogue | undefined): void {
  const { shape, element } = plan;
  const { from, to, chunks, plane, p } = row;
  const group = TOGETHER * element.lanes;
  const column = f.let(i32.const(0));
  const sums = f.locals("v128", TOGETHER);
  const pointer = f.local("i32");
  const left = f.local("i32");
  const part = (columns: number): void => {
    const lanes = Array.from({ length: Math.ceil(columns / element.lanes) }, (_, v) =>
      Math.min(element.lanes, columns - v * element.lanes),
    );
    const each = (value: (v: number, lanes: number) => Value<"v128">): void =>
      lanes.forEach((count, v) => {
        f.set(sums[v]!, value(v, count));
      });
    f.set(pointer, from);
    each((v, count) => element.load(pointer, count, v * 16));
    f.set(left, i32.sub(chunks, 1));
    f.while(
      () => left,
      () => {
        f.set(pointer, i32.add(pointer, plane));
        each((v, count) => element.add(sums[v]!, element.load(pointer, count, v * 16)));
        f.increment(left, -1);
      },
    );
    if (epilogue !== undefined) {
      const offset = f.let(i32.sub(to, p.c as Local<"i32">));
      const channel = f.let(i32.mul(column, element.bytes));
      epilogue.emit(
        f,
        p,
        lanes.map((count, v) => ({
          value: sums[v]!,
          offset: i32.add(offset, v * 16),
          channel: i32.add(channel, v * 16),
          lanes: count,
        })),
      );
    }
    lanes.forEach((count, v) => {
      f.do(...element.store(to, sums[v]!, count, v * 16));
    });
    f.increment(from, columns * element.bytes);
    f.increment(to, columns * element.bytes);
    f.increment(column, columns);
  };
  const whole = shape.n - (shape.n % group);
  if (whole > 0)
    f.doWhile(() => {
      part(group);
      return i32.ltS(column, whole);
    });
  if (shape.n > whole) part(shape.n - whole);
}
