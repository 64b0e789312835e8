/**
 * `scan`: running sum or product along one axis. Four or sixteen neighbouring lines (along the axis that is fastest in the write)
 * go together, each with a running value in float64 that is rounded where it is stored, int32 for integers: the bits of
 * the reference. Lines are the tasks' rows; a single line is one task.
 *
 * Parameters: `read0`, `write0`, and the extents `outer` (of the outermost lines), `terms` (along the axis).
 */

import { byteSize, type DType, isFloat, type ScanKernel, sizeOf } from "@prewitt/core";
import { type FunctionHandle, f64x2, i32, i32x4, type Local, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { Emitter } from "./emitter.ts";
import { type CodeOptions, type Stage, signature } from "./kernel.ts";
import { place, readLanes, writeLanes } from "./lane-memory.ts";
import { cast, type Lanes, lanesOf } from "./lanes.ts";
import { type Loop, loopsKey, makeLoops, memoryOrder } from "./nest.ts";
import { countTasks, cutLoops, emitRows, type RowTasks, rowStrides, rowsKey } from "./row-tasks.ts";
import { type Arguments, argument, type DTypes, readName, type ShapedKernel, TASK_WORK, writeName } from "./shaped.ts";

export interface ScanVariant {
  /** Elements that a task should have. */
  readonly work?: number | undefined;
}

interface ScanPlan {
  readonly kernel: ScanKernel;
  readonly dtype: DType;
  /** Everything but the axis; operands: read, write. */
  readonly rows: RowTasks;
  readonly terms: Loop;
}

/** Lines that go together where they lie side by side: a cache line of float32. */
const WIDE = 16;
/** Where the axis is the batch, its extent is an argument, and a usual one decides how work is cut. */
const USUAL_BATCH = 256;

export function scanKernel(
  kernel: ScanKernel,
  dtypes: DTypes,
  _options: CodeOptions,
  { work = TASK_WORK / 4 }: ScanVariant = {},
): ShapedKernel {
  const { axis, reads, writes } = kernel;
  const [read, write] = [reads[0]!, writes[0]!];
  const { shape } = read;
  const strides = [read.strides, write.strides];
  const others = shape.map((_, a) => a).filter((a) => a !== axis);
  const loops = makeLoops({ shape, axes: memoryOrder(shape, write.strides, others), strides });
  const extent = shape[axis]!;
  const each = Math.max(1, work / (axis === 0 ? USUAL_BATCH : Math.max(1, extent)));
  const rows = cutLoops(loops, 2, each);
  const terms: Loop = { extent, strides: strides.map((s) => s[axis]!), axis: -1 };
  return {
    variant: `scan ${rowStrides(rows).every((s) => s === 1) ? "simd" : "strided"}`,
    stages: sizeOf(shape) === 0 ? [] : [scanStage({ kernel, dtype: dtypes.reads[0]!, rows, terms })],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => sizeOf(shape),
    extents: { outer: rows.outer[0]!.extent, terms: extent },
  };
}

function scanStage(plan: ScanPlan): Stage {
  const { kernel, dtype, rows, terms } = plan;
  const { combine, exclusive, reverse } = kernel;
  const parameters = [readName(0), writeName(0), "outer", "terms"].map(argument);
  const key = `scan ${combine} ${exclusive} ${reverse} ${dtype} ${rowsKey(rows)}, ${loopsKey([terms], true)}`;
  return {
    key,
    parameters,
    tasks: ({ outer }) => countTasks(rows, outer!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        emitScan(new Emitter(module, f), plan, named as Arguments);
      }),
  };
}

function emitScan(e: Emitter, plan: ScanPlan, p: Arguments): void {
  const { f } = e;
  const { rows, terms, dtype, kernel } = plan;
  const bytes = byteSize(dtype);
  const strides = rowStrides(rows);
  const wide = strides.every((s) => s === 1) ? WIDE : 4;
  const steps = terms.strides.map((s) => s * bytes * (kernel.reverse ? -1 : 1));
  const range = { bases: [p[readName(0)]!, p[writeName(0)]!], bytes: [bytes, bytes], extent: p.outer! };
  emitRows(e, rows, { ...range, t0: p.t0!, t1: p.t1! }, (pointers, count) => {
    const at = pointers.map((pointer) => e.variable(pointer));
    if (kernel.reverse) {
      const last = e.let(i32.sub(p.terms!, 1));
      at.forEach((pointer, k) => {
        f.increment(pointer, i32.mul(last, -steps[k]!));
      });
    }
    const lines = (lanes: number): void => {
      e.scope(() => scanLines(e, plan, at, steps, p.terms!, lanes));
      at.forEach((pointer, k) => {
        f.increment(pointer, lanes * strides[k]! * bytes);
      });
    };
    if (typeof count === "number") {
      if (count >= wide) f.repeat(Math.floor(count / wide), () => lines(wide));
      const rest = count % wide;
      if (rest >= 4) f.repeat(rest >> 2, () => lines(4));
      if (rest % 4 > 0) lines(rest % 4);
      return;
    }
    const left = e.variable(count);
    for (const lanes of wide === 4 ? [4, 1] : [wide, 4, 1]) {
      f.while(
        () => i32.geS(left, lanes),
        () => {
          lines(lanes);
          f.increment(left, -lanes);
        },
      );
    }
  });
}

/** Runs along `lanes` neighbouring lines: up to 4, or a multiple of 4. */
function scanLines(
  e: Emitter,
  { kernel, dtype, rows }: ScanPlan,
  starts: readonly Local<"i32">[],
  steps: readonly number[],
  terms: Local<"i32">,
  lanes: number,
): void {
  const { f } = e;
  const sum = kernel.combine === "sum";
  const wide: DType = isFloat(dtype) ? "float64" : "int32";
  const first = isFloat(dtype) ? e.f64(sum ? 0 : 1) : e.i32(sum ? 0 : 1);
  const combine = isFloat(dtype) ? (sum ? f64x2.add : f64x2.mul) : sum ? i32x4.add : i32x4.mul;
  const groups = Array.from({ length: Math.ceil(lanes / 4) }, () =>
    Array.from({ length: isFloat(dtype) ? 2 : 1 }, () => e.variable(first)),
  );
  const [readStride, writeStride] = rowStrides(rows) as [number, number];
  const bytes = byteSize(dtype);
  const [from, to] = starts.map((pointer) => e.variable(pointer)) as [Local<"i32">, Local<"i32">];
  const left = e.variable(terms);
  f.doWhile(() => {
    groups.forEach((parts, g) => {
      e.scope(() => {
        const count = Math.min(4, lanes - 4 * g);
        const at = place(from, 4 * g * readStride * bytes);
        const values = cast(e, readLanes(e, dtype, at, readStride, count), wide).parts.map((part) => e.let(part));
        const add = (): void =>
          parts.forEach((part, i) => {
            f.set(part, combine(part, values[i]!));
          });
        if (!kernel.exclusive) add();
        const result = rounded(e, lanesOf(wide, ...parts), dtype);
        writeLanes(e, result, place(to, 4 * g * writeStride * bytes), writeStride, count);
        if (kernel.exclusive) add();
      });
    });
    f.increment(from, steps[0]!);
    f.increment(to, steps[1]!);
    f.increment(left, -1);
    return left;
  });
}

/** Bytes wrap, where a cast would saturate. */
function rounded(e: Emitter, value: Lanes, dtype: DType): Lanes {
  if (isFloat(dtype) || dtype === "int32") return cast(e, value, dtype);
  return lanesOf("uint8", v128.and(value.parts[0]!, e.i32(255)));
}
