/**
 * `scatter`: writes = x copied, then writes[p with p[axis] replaced by index[p]] += source[p].
 *
 * Terms meet only along `axis`: positions that differ elsewhere never share a target. So all other axes are cut into
 * tasks, each walks the whole of `axis` in ascending order, and sums are those of row-major order at any cut. Floats add
 * in their own dtype, one rounding a term. Where the index does not change along the innermost loop, rows are added.
 *
 * Parameters: `read0` (x), `read1` (index), `read2` (source), `write0`, `errors` (see `index-bounds.ts`), and the extents
 * `indexOuter`, `copyOuter`, `copyStart`, `outer`, `terms` (along the axis), `limit`. Nothing is added where an index is bad.
 */

import { byteSize, type DType, type ScatterKernel, sameView } from "@prewitt/core";
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
  v128,
} from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import { boundsStage, errorsName, ifInBounds, limitName, reportKey } from "./index-bounds.ts";
import { type CodeOptions, type Stage, signature } from "./kernel.ts";
import { movePlan, moveStage } from "./move.ts";
import { type Loop, loopsKey, makeLoops, memoryOrder, sizeOf } from "./nest.ts";
import { countTasks, cutRows, emitRows, onceLoop, type RowTasks, rowStrides, rowsKey } from "./row-tasks.ts";
import type { ElementBytes } from "./rows.ts";
import { type Arguments, argument, type DTypes, readName, type ShapedKernel, TASK_WORK, writeName } from "./shaped.ts";

export interface ScatterVariant {
  /** Elements that a task should have. */
  readonly work?: number | undefined;
}

const USUAL_BATCH = 256;

interface ScatterPlan {
  readonly kernel: ScatterKernel;
  readonly dtype: DType;
  /** Everything but `axis`; operands: write (which does not move along the axis), index, source. */
  readonly rows: RowTasks;
  /** The axis itself. */
  readonly terms: Loop;
  /** Whether terms are rows: the axis is walked outside the row. Else it is the innermost loop. */
  readonly rowsInside: boolean;
}

export function scatterKernel(
  kernel: ScatterKernel,
  dtypes: DTypes,
  _options: CodeOptions,
  { work }: ScatterVariant = {},
): ShapedKernel {
  const { shape, limit, reads, writes } = kernel;
  const dtype = dtypes.writes[0]!;
  const [x, write] = [reads[0]!, writes[0]!];
  const stages: Stage[] = [];
  const extents: Record<string, number> = {};
  if (!sameView(x, write) && sizeOf(write.shape) > 0) {
    const bytes = byteSize(dtype) as ElementBytes;
    const plan = movePlan({ shape: write.shape, to: write.strides, from: x.strides, bytes });
    stages.push(moveStage(plan, { to: writeName(0), from: readName(0), outer: "copyOuter", start: "copyStart" }));
    Object.assign(extents, { copyOuter: plan.rows.outer[0]!.extent, copyStart: 0 });
  }
  const plan = scatterPlan(kernel, dtype, work ?? TASK_WORK / 4);
  if (sizeOf(shape) > 0) {
    const bounds = boundsStage(kernel, work);
    stages.push(bounds.stage, addStage(plan));
    Object.assign(extents, bounds.extents, {
      [limitName]: limit,
      outer: plan.rows.outer[0]!.extent,
      terms: plan.terms.extent,
    });
  }
  return {
    variant: `scatter ${plan.rowsInside ? "rows" : "elements"}`,
    stages,
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => sizeOf(shape),
    extents,
  };
}

function scatterPlan(kernel: ScatterKernel, dtype: DType, work: number): ScatterPlan {
  const { shape, axis, reads, writes } = kernel;
  const [index, source, write] = [reads[1]!, reads[2]!, writes[0]!];
  const strides = [write.strides.with(axis, 0), index.strides, source.strides];
  const terms: Loop = { extent: shape[axis]!, strides: strides.map((s) => s[axis]!), axis: -1 };
  const others = shape.map((_, a) => a).filter((a) => a !== axis);
  const loops = makeLoops({ shape, axes: memoryOrder(shape, write.strides, others), strides });
  const last = loops.at(-1);
  // With an index of their own, elements of a row lie in different lines of the target: the axis goes inside then
  // unless it is the slower one in the source.
  const rowsInside =
    last !== undefined && (last.strides[1] === 0 || Math.abs(last.strides[2]!) < Math.abs(terms.strides[2]!));
  const outer = rowsInside ? loops.slice(0, -1) : loops;
  const whole = outer.length > 0 ? outer : [onceLoop(3)];
  // The outermost axis is the batch: its extent is an argument, and a usual one decides how work is cut.
  const each = Math.max(1, work / (axis === 0 ? USUAL_BATCH : terms.extent));
  if (rowsInside) return { kernel, dtype, rows: cutRows(whole, last, each), terms, rowsInside };
  return { kernel, dtype, rows: cutRows(whole, { ...onceLoop(3) }, each), terms, rowsInside };
}

function addStage(plan: ScatterPlan): Stage {
  const { kernel, dtype, rows, terms, rowsInside } = plan;
  const step = kernel.writes[0]!.strides[kernel.axis]!;
  const names = [readName(1), readName(2), writeName(0), errorsName, limitName, "outer", "terms"];
  const parameters = names.map(argument);
  const key = `scatter ${dtype} by ${step} ${rowsInside} ${rowsKey(rows)}, ${loopsKey([terms], true)}, ${reportKey(kernel)}`;
  return {
    key,
    parameters,
    tasks: ({ outer }) => countTasks(rows, outer!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const e = new Emitter(module, f);
        ifInBounds(e, kernel, p, () => emitAdd(e, plan, step, p));
      }),
  };
}

function emitAdd(e: Emitter, plan: ScatterPlan, step: number, p: Arguments): void {
  const { f } = e;
  const { rows, terms, dtype } = plan;
  const bytes = byteSize(dtype);
  const sizes = [bytes, 4, bytes];
  const bases = [p[writeName(0)]!, p[readName(1)]!, p[readName(2)]!];
  const [writeStride, indexStride, sourceStride] = rowStrides(rows) as [number, number, number];
  emitRows(e, rows, { bases, bytes: sizes, extent: p.outer!, t0: p.t0!, t1: p.t1! }, (pointers, count) => {
    const [write, index, source] = pointers.map((pointer) => e.variable(pointer)) as Local<"i32">[];
    const target = (at: Index): Index => i32.add(write!, i32.mul(i32.load(at), step * bytes));
    f.repeat(p.terms!, () => {
      e.scope(() => {
        if (indexStride === 0) {
          addRow(e, dtype, target(index!), writeStride, [source!, sourceStride], count);
          return;
        }
        eachOf(
          e,
          [write!, index!, source!],
          [writeStride * bytes, indexStride * 4, sourceStride * bytes],
          count,
          (at) => {
            addElement(e, dtype, e.let(i32.add(at[0]!, i32.mul(i32.load(at[1]!), step * bytes))), at[2]!);
          },
        );
      });
      f.increment(index!, terms.strides[1]! * 4);
      f.increment(source!, terms.strides[2]! * bytes);
    });
  });
}

/** Runs `body` for each element, with pointers of its own that move. */
function eachOf(
  e: Emitter,
  from: readonly Index[],
  steps: readonly number[],
  count: number | Local<"i32">,
  body: (at: readonly Index[]) => void,
): void {
  const { f } = e;
  if (count === 1) {
    body(from);
    return;
  }
  const at = from.map((pointer) => e.variable(pointer));
  const left = e.variable(typeof count === "number" ? i32.const(count) : count);
  f.while(
    () => i32.gtS(left, 0),
    () => {
      e.scope(() => body(at));
      at.forEach((pointer, k) => {
        f.increment(pointer, steps[k]!);
      });
      f.increment(left, -1);
    },
  );
}

/** Bytes wrap by themselves when they are stored. */
function addElement(e: Emitter, dtype: DType, to: Index, from: Index): void {
  const { f } = e;
  if (dtype === "float32") f.do(f32.store(to, f32.add(f32.load(to), f32.load(from))));
  else if (dtype === "float64") f.do(f64.store(to, f64.add(f64.load(to), f64.load(from))));
  else if (dtype === "int32") f.do(i32.store(to, i32.add(i32.load(to), i32.load(from))));
  else f.do(i32.store8(to, i32.add(i32.load8U(to), i32.load8U(from))));
}

const vectorAdd = { float32: f32x4.add, float64: f64x2.add, int32: i32x4.add };

/** Adds a row of terms; vectors where neither side has gaps. */
function addRow(
  e: Emitter,
  dtype: DType,
  target: Index,
  stride: number,
  [source, sourceStride]: readonly [Index, number],
  count: number | Local<"i32">,
): void {
  const { f } = e;
  const bytes = byteSize(dtype);
  const to = e.variable(target);
  const from = e.variable(source);
  const left = e.variable(typeof count === "number" ? i32.const(count) : count);
  const loop = (n: number, body: () => void): void =>
    f.while(
      () => i32.geS(left, n),
      () => {
        body();
        f.increment(to, n * stride * bytes);
        f.increment(from, n * sourceStride * bytes);
        f.increment(left, -n);
      },
    );
  if (stride === 1 && sourceStride === 1 && dtype !== "uint8" && dtype !== "bool") {
    const add = vectorAdd[dtype];
    for (const vectors of [4, 1]) {
      loop((vectors * 16) / bytes, () => {
        for (let o = 0; o < vectors * 16; o += 16) f.do(v128.store(to, add(v128.load(to, o), v128.load(from, o)), o));
      });
    }
  }
  loop(1, () => addElement(e, dtype, to, from));
}
