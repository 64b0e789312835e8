/**
 * `gather`: writes[p] = x[p with p[axis] replaced by index[p]]. Loops follow the memory of the write; where the index
 * does not change along the innermost loop, whole rows are copied.
 *
 * Parameters: `read0` (x), `read1` (index), `write0`, `errors` (see `index-bounds.ts`), and the extents `indexOuter`,
 * `outer`, `limit`: batches, and how much there is to choose from, need no new code.
 */

import { byteSize, type GatherKernel } from "@prewitt/core";
import { type FunctionHandle, i32, i64, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { Emitter } from "./emitter.ts";
import { boundsStage, errorsName, ifInBounds, limitName, reportKey } from "./index-bounds.ts";
import { type CodeOptions, type Stage, signature } from "./kernel.ts";
import { makeLoops, memoryOrder, sizeOf } from "./nest.ts";
import { countTasks, cutLoops, emitRows, type RowTasks, rowStrides, rowsKey } from "./row-tasks.ts";
import { type ElementBytes, emitRow } from "./rows.ts";
import { type Arguments, argument, type DTypes, readName, type ShapedKernel, TASK_WORK, writeName } from "./shaped.ts";

export interface GatherVariant {
  /** Elements that a task should have. */
  readonly work?: number | undefined;
}

interface GatherPlan {
  readonly kernel: GatherKernel;
  /** Operands: x (which does not move along the axis), index, write. */
  readonly rows: RowTasks;
  readonly bytes: ElementBytes;
}

export function gatherKernel(
  kernel: GatherKernel,
  dtypes: DTypes,
  _options: CodeOptions,
  { work }: GatherVariant = {},
): ShapedKernel {
  const { shape, axis, limit, reads, writes } = kernel;
  const bytes = byteSize(dtypes.writes[0]!) as ElementBytes;
  const [x, index, write] = [reads[0]!, reads[1]!, writes[0]!];
  const strides = [x.strides.with(axis, 0), index.strides, write.strides];
  const loops = makeLoops({ shape, axes: memoryOrder(shape, write.strides), strides });
  const rows = cutLoops(loops, 3, work ?? TASK_WORK / 4);
  const bounds = boundsStage(kernel, work);
  return {
    variant: `gather ${rowStrides(rows)[1] === 0 ? "rows" : "elements"}`,
    stages: sizeOf(shape) === 0 ? [] : [bounds.stage, gatherStage({ kernel, rows, bytes })],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => 0,
    extents: { ...bounds.extents, [limitName]: limit, outer: rows.outer[0]!.extent },
  };
}

function gatherStage(plan: GatherPlan): Stage {
  const { kernel, rows, bytes } = plan;
  const step = kernel.reads[0]!.strides[kernel.axis]!;
  const names = [readName(0), readName(1), writeName(0), errorsName, limitName, "outer"];
  const parameters = names.map(argument);
  const key = `gather ${bytes} by ${step} ${rowsKey(rows)}, ${reportKey(kernel)}`;
  return {
    key,
    parameters,
    tasks: ({ outer }) => countTasks(rows, outer!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        emitGather(new Emitter(module, f), plan, step, named as Arguments);
      }),
  };
}

function emitGather(e: Emitter, { kernel, rows, bytes }: GatherPlan, step: number, p: Arguments): void {
  const { f } = e;
  ifInBounds(e, kernel, p, () => {
    const bases = [p[readName(0)]!, p[readName(1)]!, p[writeName(0)]!];
    const range = { bases, bytes: [bytes, 4, bytes], extent: p.outer!, t0: p.t0!, t1: p.t1! };
    const [xStride, indexStride, writeStride] = rowStrides(rows) as [number, number, number];
    emitRows(e, rows, range, (pointers, count) => {
      const [x, index, write] = pointers as [Local<"i32">, Local<"i32">, Local<"i32">];
      if (indexStride === 0) {
        const pointer = e.let(i32.add(x, i32.mul(i32.load(index), step * bytes)));
        emitRow(e, { to: write, stride: writeStride, bytes, count }, { pointer, stride: xStride });
        return;
      }
      const [from, at, to] = [e.variable(x), e.variable(index), e.variable(write)];
      const left = e.variable(typeof count === "number" ? i32.const(count) : count);
      const one = (): void => {
        const source = i32.add(from, i32.mul(i32.load(at), step * bytes));
        if (bytes === 1) f.do(i32.store8(to, i32.load8U(source)));
        else if (bytes === 4) f.do(i32.store(to, i32.load(source)));
        else f.do(i64.store(to, i64.load(source)));
        f.increment(from, xStride * bytes);
        f.increment(at, indexStride * 4);
        f.increment(to, writeStride * bytes);
        f.increment(left, -1);
      };
      f.while(
        () => i32.gtS(left, 0),
        () => e.scope(one),
      );
    });
  });
}
