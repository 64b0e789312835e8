/**
 * `sort`: stable, along one axis; writes values and int32 indices. NaN counts as greater than everything, −0 equals 0.
 *
 * Each value becomes a signed integer key of the same order; descending complements it. Keys of 32 bits are packed above
 * the index into one 64-bit item, so that no two items are equal; float64 carries the index beside a 64-bit key. Values
 * are then read again in the order found, so that −0 stays −0. Lines are the tasks' rows.
 *
 * Parameters: `read0`, `write0`, `write1`, `local`, and the extents `outer` (of the outermost lines), `terms` (along the
 * axis).
 */

import { byteSize, type DType, type SortKernel, sizeOf } from "@prewitt/core";
import {
  type FunctionHandle,
  f32,
  f64,
  i32,
  i64,
  type Local,
  type ModuleBuilder,
  select,
  type Value,
} from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import { alignLine, type CodeOptions, type Stage, signature } from "./kernel.ts";
import { defineMergeSort, type ItemBytes } from "./merge-sort.ts";
import { type Loop, loopsKey, makeLoops, memoryOrder } from "./nest.ts";
import { countTasks, cutRows, emitRows, onceLoop, type RowTasks, rowsKey } from "./row-tasks.ts";
import { type Arguments, argument, type DTypes, readName, type ShapedKernel, TASK_WORK, writeName } from "./shaped.ts";

export interface SortVariant {
  /** Elements that a task should have. */
  readonly work?: number | undefined;
}

interface SortPlan {
  readonly dtype: DType;
  readonly descending: boolean;
  /** Lines; operands: read, values, indices. */
  readonly rows: RowTasks;
  /** Along the axis. */
  readonly terms: Loop;
}

const itemBytes = (dtype: DType): ItemBytes => (dtype === "float64" ? 16 : 8);
/** Where the axis is the batch, its extent is an argument, and a usual one decides how work is cut. */
const USUAL_BATCH = 256;

export function sortKernel(
  kernel: SortKernel,
  dtypes: DTypes,
  _options: CodeOptions,
  { work = TASK_WORK / 16 }: SortVariant = {},
): ShapedKernel {
  const { axis, descending, reads, writes } = kernel;
  const dtype = dtypes.reads[0]!;
  const { shape } = reads[0]!;
  const strides = [reads[0]!, ...writes].map((o) => o.strides);
  const others = shape.map((_, a) => a).filter((a) => a !== axis);
  const loops = makeLoops({ shape, axes: memoryOrder(shape, writes[0]!.strides, others), strides });
  const extent = shape[axis]!;
  const once = onceLoop(strides.length);
  const each = Math.max(1, work / (axis === 0 ? USUAL_BATCH : Math.max(1, extent)));
  const rows = cutRows(loops.length > 0 ? loops : [once], once, each);
  const terms: Loop = { extent, strides: strides.map((s) => s[axis]!), axis: -1 };
  return {
    variant: "sort",
    stages: sizeOf(shape) === 0 ? [] : [sortStage({ dtype, descending, rows, terms }, writes.length)],
    scratch: ({ terms }) => ({ shared: {}, local: 2 * alignLine(terms! * itemBytes(dtype)) }),
    flops: () => sizeOf(shape) * Math.max(1, Math.ceil(Math.log2(Math.max(2, extent)))),
    extents: { outer: rows.outer[0]!.extent, terms: extent },
  };
}

function sortStage(plan: SortPlan, writes: number): Stage {
  const { dtype, descending, rows, terms } = plan;
  const operands = [readName(0), ...Array.from({ length: writes }, (_, i) => writeName(i))];
  const parameters = [...operands, "local", "outer", "terms"].map(argument);
  const key = `sort ${dtype} ${descending ? "descending" : "ascending"} ${rowsKey(rows)}, ${loopsKey([terms], true)}`;
  return {
    key,
    parameters,
    tasks: ({ outer }) => countTasks(rows, outer!),
    define: (module: ModuleBuilder): FunctionHandle => {
      const mergeSort = defineMergeSort(module, itemBytes(dtype));
      return module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const e = new Emitter(module, f);
        const bytes = [byteSize(dtype), byteSize(dtype), 4].slice(0, operands.length);
        const range = { bases: operands.map((name) => p[name]!), bytes, extent: p.outer!, t0: p.t0!, t1: p.t1! };
        emitRows(e, rows, range, (pointers) => sortLine(e, plan, p, pointers, mergeSort));
      });
    },
  };
}

function sortLine(
  e: Emitter,
  { dtype, descending, terms }: SortPlan,
  p: Arguments,
  pointers: readonly Local<"i32">[],
  mergeSort: FunctionHandle<"i32">,
): void {
  const { f } = e;
  const item = itemBytes(dtype);
  const size = byteSize(dtype);
  const count = p.terms!;
  const [read] = pointers as [Local<"i32">];
  const from = e.variable(read);
  const to = e.variable(p.local!);
  f.repeat(count, (i) => {
    e.scope(() => {
      if (item === 16) f.do(i64.store(to, wideKey(e, from, descending)), i32.store(to, i, 8));
      else f.do(i32.store(to, i), i32.store(to, narrowKey(e, dtype, from, descending), 4));
    });
    f.increment(from, terms.strides[0]! * size);
    f.increment(to, item);
  });
  const spare = i32.add(p.local!, i32.and(i32.add(i32.mul(count, item), 63), -64));
  const sorted = e.variable(f.call(mergeSort, [p.local!, spare, count]));
  const targets = pointers.slice(1).map((pointer) => e.variable(pointer));
  f.repeat(count, () => {
    e.scope(() => {
      const index = e.variable(i32.load(sorted, item === 16 ? 8 : 0));
      const source = e.let(i32.add(read, i32.mul(index, terms.strides[0]! * size)));
      copyElement(e, size, targets[0]!, source);
      if (targets[1] !== undefined) f.do(i32.store(targets[1], index));
    });
    f.increment(sorted, item);
    targets.forEach((target, w) => {
      f.increment(target, terms.strides[1 + w]! * (w === 0 ? size : 4));
    });
  });
}

function copyElement(e: Emitter, size: number, to: Index, from: Index): void {
  const { f } = e;
  if (size === 8) f.do(i64.store(to, i64.load(from)));
  else if (size === 4) f.do(i32.store(to, i32.load(from)));
  else f.do(i32.store8(to, i32.load8U(from)));
}

/**
 * Float bits in the order of the numbers: those of negative numbers run backwards, so all but the sign are flipped.
 * Adding 0 turns −0 into 0; NaN becomes the largest integer.
 */
function narrowKey(e: Emitter, dtype: DType, at: Index, descending: boolean): Value<"i32"> {
  const turn = (key: Value<"i32">): Value<"i32"> => (descending ? i32.xor(key, -1) : key);
  if (dtype === "int32") return turn(i32.load(at));
  if (dtype !== "float32") return turn(i32.load8U(at));
  const value = e.variable(f32.add(f32.load(at), 0));
  const bits = e.variable(i32.reinterpretF32(value));
  const ordered = i32.xor(bits, i32.shrU(i32.shrS(bits, 31), 1));
  return turn(select(ordered, 0x7fffffff, f32.eq(value, value), "i32"));
}

function wideKey(e: Emitter, at: Index, descending: boolean): Value<"i64"> {
  const value = e.variable(f64.add(f64.load(at), 0));
  const bits = e.variable(i64.reinterpretF64(value));
  const ordered = i64.xor(bits, i64.shrU(i64.shrS(bits, 63), 1));
  const key = select(ordered, 0x7fffffffffffffffn, f64.eq(value, value), "i64");
  return descending ? i64.xor(key, -1n) : key;
}
