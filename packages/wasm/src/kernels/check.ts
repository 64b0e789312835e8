/**
 * `check`: reports the first element that is NaN or infinite in `errors`, 16 bytes that are zero before a run:
 *
 *   word 0   1 if there is one, else 0
 *   word 1   its row-major ordinal in the shape of its read
 *   word 2   its value as the bits of a float32: NaN, infinity or −infinity
 *   word 3   number of its read, from 1
 *
 * Each float read in turn has a stage that looks at every element, in the order of memory, and only sets word 0: the
 * same value from whatever task. A second stage of one task then finds the position if it has to. Reads of one element
 * need one stage. Parameters: `read0` …, `errors`, and the extents `outer0` …, `number0` ….
 */

import { byteSize, type CheckKernel, type DType, isFloat, sizeOf } from "@prewitt/core";
import {
  type FunctionHandle,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type Value,
  v128,
} from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import { type CodeOptions, type Stage, signature } from "./kernel.ts";
import { place, readLanes } from "./lane-memory.ts";
import { type Loop, loopsKey, makeLoops, memoryOrder, rowMajor } from "./nest.ts";
import { countTasks, cutLoops, emitRows, onceLoop, type RowTasks, rowStrides, rowsKey } from "./row-tasks.ts";
import { type Arguments, argument, type DTypes, readName, type ShapedKernel, TASK_WORK } from "./shaped.ts";
import { Walker } from "./walker.ts";

type FloatDType = "float32" | "float64";

export interface CheckVariant {
  /** Elements that a task should have. */
  readonly work?: number | undefined;
}

export function checkKernel(
  kernel: CheckKernel,
  dtypes: DTypes,
  _options: CodeOptions,
  { work = TASK_WORK }: CheckVariant = {},
): ShapedKernel {
  const stages: Stage[] = [];
  const extents: Record<string, number> = {};
  kernel.reads.forEach((read, i) => {
    const dtype = dtypes.reads[i]!;
    if (!isFloat(dtype) || sizeOf(read.shape) === 0) return;
    const { shape, strides } = read;
    const axes = shape.map((_, axis) => axis).filter((axis) => strides[axis] !== 0);
    const ordered = makeLoops({ shape, axes, strides: [strides, rowMajor(shape)] });
    extents[`number${i}`] = i + 1;
    if (ordered.length > 0) {
      const rows = cutLoops(makeLoops({ shape, axes: memoryOrder(shape, strides, axes), strides: [strides] }), 1, work);
      extents[`outer${i}`] = rows.outer[0]!.extent;
      stages.push(lookStage(i, dtype, rows));
    }
    stages.push(findStage(i, dtype, ordered));
  });
  return {
    variant: "check",
    stages,
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => 0,
    extents,
  };
}

/** Whether an element was found in this read or one before. */
const found = (p: Arguments): Value<"i32"> => i32.load(p.errors!, 12);

function lookStage(i: number, dtype: FloatDType, rows: RowTasks): Stage {
  const outer = `outer${i}`;
  const parameters = [readName(i), "errors", outer].map(argument);
  const key = `check ${dtype} ${rowsKey(rows)}`;
  return {
    key,
    parameters,
    tasks: (extents) => countTasks(rows, extents[outer]!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        f.if(i32.eqz(found(p)), () => emitLook(new Emitter(module, f), dtype, rows, p, p[readName(i)]!, p[outer]!));
      }),
  };
}

function emitLook(e: Emitter, dtype: FloatDType, rows: RowTasks, p: Arguments, base: Index, extent: Index): void {
  const { f } = e;
  const stride = rowStrides(rows)[0]!;
  const bytes = byteSize(dtype);
  const bad = e.variable(i32x4.splat(0));
  const sub = dtype === "float32" ? f32x4.sub : f64x2.sub;
  emitRows(e, rows, { bases: [base], bytes: [bytes], extent, t0: p.t0!, t1: p.t1! }, ([pointer], count) => {
    const at = e.variable(pointer!);
    const look = (vectors: number, lanes: number): void => {
      for (let k = 0; k < vectors; k++) {
        const values = readLanes(e, dtype, place(at, k * 4 * stride * bytes), stride, lanes);
        // x − x is +0, all bits clear, for finite x, and NaN for others; lanes that are not there are 0.
        for (const part of values.parts) {
          const x = e.let(part);
          f.set(bad, v128.or(bad, sub(x, x)));
        }
      }
      f.increment(at, (4 * (vectors - 1) + lanes) * stride * bytes);
    };
    if (typeof count === "number" && count <= 16) {
      e.scope(() => {
        if (count >= 4) look(count >> 2, 4);
        if (count % 4 > 0) look(1, count % 4);
      });
      return;
    }
    const left = e.variable(typeof count === "number" ? i32.const(count) : count);
    for (const [vectors, lanes] of [
      [4, 4],
      [1, 4],
      [1, 1],
    ] as const) {
      const size = vectors * lanes;
      f.while(
        () => i32.geS(left, size),
        () => {
          e.scope(() => look(vectors, lanes));
          f.increment(left, -size);
        },
      );
    }
  });
  f.if(v128.anyTrue(bad), () => f.do(i32.store(p.errors!, 1)));
}

/** `loops` in row-major order; operands are the read and the ordinal. */
function findStage(i: number, dtype: FloatDType, loops: readonly Loop[]): Stage {
  const number = `number${i}`;
  const parameters = [readName(i), "errors", number].map(argument);
  const key = `check find ${dtype} ${loopsKey(loops, true)}`;
  return {
    key,
    parameters,
    tasks: () => 1,
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const e = new Emitter(module, f);
        const single = loops.length === 0;
        const bad = single ? i32.eqz(finiteAt(dtype, p[readName(i)]!)) : i32.load(p.errors!);
        f.if(i32.eqz(found(p)), () => f.if(bad, () => emitFind(e, dtype, loops, p, p[readName(i)]!, p[number]!)));
      }),
  };
}

const valueAt = (dtype: FloatDType, at: Index): Value<"f32"> =>
  dtype === "float32" ? f32.load(at) : f32.demoteF64(f64.load(at));

const finiteAt = (dtype: DType, at: Index): Value<"i32"> =>
  dtype === "float32"
    ? f32.lt(f32.abs(f32.load(at)), Number.POSITIVE_INFINITY)
    : f64.lt(f64.abs(f64.load(at)), Number.POSITIVE_INFINITY);

function emitFind(
  e: Emitter,
  dtype: FloatDType,
  loops: readonly Loop[],
  p: Arguments,
  base: Index,
  number: Index,
): void {
  const { f } = e;
  // The ordinal is walked like an operand at address 0 with elements of one byte.
  const walker = new Walker(e, loops.length > 0 ? loops : [onceLoop(2)], [byteSize(dtype), 1]);
  walker.seek([base, i32.const(0)], i32.const(0));
  const [at, ordinal] = walker.pointers as [Local<"i32">, Local<"i32">];
  f.while(
    () => finiteAt(dtype, at),
    () => walker.advance(),
  );
  f.do(
    i32.store(p.errors!, 1),
    i32.store(p.errors!, ordinal, 4),
    f32.store(p.errors!, valueAt(dtype, at), 8),
    i32.store(p.errors!, number, 12),
  );
}
