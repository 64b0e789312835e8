/**
 * Bounds of the indices that `gather` and `scatter` read, and how a bad one is reported in `errors`, 16 bytes that are
 * zero before a run:
 *
 *   word 0   1 if any index lies outside 0 … limit − 1, else 0
 *   word 1   position of the first bad one: its row-major ordinal in the kernel's shape
 *   word 2   its value
 *
 * A stage of its own looks at every index, in the order of memory, and only sets word 0: the same value from whatever
 * task, so no order matters. The next stage's first task finds the position, in row-major order, when word 0 says that
 * there is one. That stage writes nothing else then, and can trust all indices otherwise.
 */

import type { GatherKernel, ScatterKernel } from "@prewitt/core";
import { type FunctionHandle, i32, i32x4, type Local, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { Emitter, type Vector } from "./emitter.ts";
import { type Extents, type Stage, signature } from "./kernel.ts";
import { place, readLanes } from "./lane-memory.ts";
import { loopsKey, makeLoops, memoryOrder, rowMajor } from "./nest.ts";
import { countTasks, cutLoops, emitRows, onceLoop, type RowTasks, rowStrides, rowsKey } from "./row-tasks.ts";
import { type Arguments, argument, readName, TASK_WORK } from "./shaped.ts";
import { Walker } from "./walker.ts";

type Indexed = Pick<GatherKernel | ScatterKernel, "shape" | "reads">;

/** Axes along which the index changes: others repeat it and need no second look. */
const ownAxes = ({ shape, reads }: Indexed): number[] =>
  shape.map((_, axis) => axis).filter((axis) => reads[1]!.strides[axis] !== 0);

export const limitName = "limit";
export const errorsName = "errors";
const outerName = "indexOuter";

/** Looks at every index; parameters `read1`, `errors`, `indexOuter`, `limit`. */
export function boundsStage(kernel: Indexed, work = TASK_WORK): { readonly stage: Stage; readonly extents: Extents } {
  const { shape, reads } = kernel;
  const { strides } = reads[1]!;
  const axes = memoryOrder(shape, strides, ownAxes(kernel));
  const rows = cutLoops(makeLoops({ shape, axes, strides: [strides] }), 1, work);
  const parameters = [readName(1), errorsName, outerName, limitName].map(argument);
  const key = `index bounds ${rowsKey(rows)}`;
  const stage: Stage = {
    key,
    parameters,
    tasks: (extents) => countTasks(rows, extents[outerName]!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        emitBounds(new Emitter(module, f), rows, named as Arguments);
      }),
  };
  return { stage, extents: { [outerName]: rows.outer[0]!.extent } };
}

function emitBounds(e: Emitter, rows: RowTasks, p: Arguments): void {
  const { f } = e;
  const stride = rowStrides(rows)[0]!;
  const limit = e.let(i32x4.splat(p[limitName]!));
  const bad = e.variable(i32x4.splat(0));
  const range = { bases: [p[readName(1)]!], bytes: [4], extent: p[outerName]!, t0: p.t0!, t1: p.t1! };
  emitRows(e, rows, range, ([pointer], count) => {
    const at = e.variable(pointer!);
    const look = (lanes: number): void => {
      const [values] = readLanes(e, "int32", place(at), stride, lanes).parts as [Vector];
      // Lanes beyond a part of a vector are 0, which is bad only where every index is.
      f.set(bad, v128.or(bad, i32x4.geU(values, limit)));
      f.increment(at, lanes * stride * 4);
    };
    if (typeof count === "number") {
      if (count >= 4) f.repeat(count >> 2, () => look(4));
      if (count % 4 > 0) look(count % 4);
      return;
    }
    const left = e.variable(count);
    for (const lanes of [4, 1]) {
      f.while(
        () => i32.geS(left, lanes),
        () => {
          look(lanes);
          f.increment(left, -lanes);
        },
      );
    }
  });
  f.if(v128.anyTrue(bad), () => f.do(i32.store(p[errorsName]!, 1)));
}

/** Part of the key of a function with `ifInBounds`. */
export const reportKey = (kernel: Indexed): string => loopsKey(reportLoops(kernel), true);

/** In row-major order; operands are the index and the ordinal in the whole shape. */
function reportLoops(kernel: Indexed) {
  const { shape, reads } = kernel;
  return makeLoops({ shape, axes: ownAxes(kernel), strides: [reads[1]!.strides, rowMajor(shape)] });
}

/** In a stage after the bounds: runs `body` if all indices are good, else the first task writes down the first bad one. */
export function ifInBounds(e: Emitter, kernel: Indexed, p: Arguments, body: () => void): void {
  const report = (): void => e.f.if(i32.eqz(p.t0!), () => emitReport(e, kernel, p));
  e.f.if(i32.eqz(i32.load(p[errorsName]!)), body, report);
}

function emitReport(e: Emitter, kernel: Indexed, p: Arguments): void {
  const { f } = e;
  const errors = p[errorsName]!;
  e.scope(() => {
    const loops = reportLoops(kernel);
    // The ordinal is walked like an operand at address 0 with elements of one byte.
    const walker = new Walker(e, loops.length > 0 ? loops : [onceLoop(2)], [4, 1]);
    walker.seek([p[readName(1)]!, i32.const(0)], i32.const(0));
    const [at, ordinal] = walker.pointers as [Local<"i32">, Local<"i32">];
    f.while(
      () => i32.ltU(i32.load(at), p[limitName]!),
      () => walker.advance(),
    );
    f.do(i32.store(errors, ordinal, 4), i32.store(errors, i32.load(at), 8));
  });
}
