/**
 * `reduce`: prologue, accumulators and epilogue over any axes and strides. See `reduce-plan.ts` for how it is cut. Sums are
 * taken in float64 in an order that the shape alone decides and rounded once.
 *
 * One stage where a unit sees the whole reduced range; else a first stage that leaves the state of each unit in the shared
 * buffer `partial`, and a second that combines them in the order of the chunks and runs the epilogue.
 *
 * Parameters beside the operands: `outer` (outermost extent), `segments`, `count` (values in each result), `chunks`,
 * `grain` and `finishGrain` (units, segments a task), `number0` … (see `withArguments` in `reduce-plan.ts`).
 */

import { byteSize, type DType, flopsOf, type ReduceKernel } from "@prewitt/core";
import { type FunctionHandle, f64, f64x2, i32, i32x4, type ModuleBuilder } from "../assembler/index.ts";
import { setState, stateLocals } from "./accumulators.ts";
import { Emitter, type Index } from "./emitter.ts";
import { ExpressionEmitter, type Levels } from "./expression.ts";
import type { CodeOptions, Parameter, Stage } from "./kernel.ts";
import { signature } from "./kernel.ts";
import { place, readLanes, writeLanes } from "./lane-memory.ts";
import { cast, type Lanes } from "./lanes.ts";
import { sizeOf } from "./nest.ts";
import { ReduceCode, type Segment } from "./reduce-code.ts";
import { reduceColumns } from "./reduce-columns.ts";
import { NUMBERS, type ReducePlan, type ReduceVariant, reduceCounts, reducePlan } from "./reduce-plan.ts";
import { reduceRows } from "./reduce-rows.ts";
import {
  type Arguments,
  argument,
  ceilDiv,
  type DTypes,
  readName,
  type ShapedKernel,
  smaller,
  writeName,
} from "./shaped.ts";

const everywhere: Levels = { read: () => 2, index: () => 2 };

/** Combines the chunks of a segment, whose blocks lie `step` bytes apart, and stores the results of the epilogue. */
function finish(code: ReduceCode, segment: Segment, first: Index, chunks: Index | undefined, step: Index): void {
  const { e, plan, p } = code;
  const count = e.let(f64x2.splat(f64.convertI32U(p.count!)));
  code.eachColumns(segment.columns, 1, (column, _groups, lanes) => {
    const results = plan.accumulators.flatMap((accumulator) => {
      const state = stateLocals(e, accumulator.code);
      setState(e, state, code.loadState(accumulator, first, column, lanes));
      if (chunks !== undefined) {
        const block = e.variable(first);
        const left = e.variable(i32.sub(chunks, 1));
        e.f.while(
          () => i32.gtS(left, 0),
          () => {
            e.scope(() => {
              e.f.increment(block, step);
              const other = code.loadState(accumulator, block, column, lanes);
              setState(e, state, accumulator.code.combine(e, state, other));
            });
            e.f.increment(left, -1);
          },
        );
      }
      return accumulator.code
        .finish(e, state, count)
        .map((r): Lanes => ({ ...r, parts: r.parts.map((v) => e.let(v)) }));
    });
    const operand = (k: number) => {
      const dtype = [...plan.reads, ...plan.extra, ...plan.writes][k]!;
      const stride = plan.kept.at(-1)!.strides[k]!;
      return { at: place(i32.add(segment.pointers[k]!, i32.mul(column, stride * byteSize(dtype)))), stride, dtype };
    };
    const epilogue = new ExpressionEmitter(plan.epilogue, everywhere);
    epilogue.before(e, 0, { read: () => results[0]!, index: () => results[0]! });
    const values = epilogue.results(e, {
      read: (k, wanted) => {
        if (k >= NUMBERS) return numberLanes(code, k - NUMBERS, wanted);
        if (k < results.length) return results[k]!;
        const { at, stride, dtype } = operand(plan.reads.length + k - results.length);
        return readLanes(e, dtype, place(e.let(at.pointer)), stride, lanes);
      },
      index: (axis) => code.columnIndex(axis, i32.add(segment.firstColumn, column)),
    });
    values.forEach((value, w) => {
      const { at, stride } = operand(plan.reads.length + plan.extra.length + w);
      writeLanes(e, value, place(e.let(at.pointer)), stride, lanes);
    });
  });
}

const numberName = (i: number): string => `number${i}`;
const numberNames = (plan: ReducePlan): string[] => plan.numbers.map((_, i) => numberName(i));

function numberLanes({ e, p }: ReduceCode, i: number, dtype: DType): Lanes {
  return cast(e, { dtype: "int32", parts: [i32x4.splat(p[numberName(i)]!)] }, dtype);
}

const operandNames = (plan: ReducePlan): string[] => [
  ...[...plan.reads, ...plan.extra].map((_, i) => readName(i)),
  ...plan.writes.map((_, i) => writeName(i)),
];

/** Runs `body` for every number of [t0·grain, min(t1·grain, total)). */
function eachOf(e: Emitter, p: Arguments, grain: Index, total: Index, body: (number: Index) => void): void {
  const number = e.variable(i32.mul(p.t0!, grain));
  const end = smaller(e, i32.mul(p.t1!, grain), total);
  e.f.while(
    () => i32.ltS(number, end),
    () => {
      e.scope(() => body(number));
      e.f.increment(number, 1);
    },
  );
}

function defineStage(
  module: ModuleBuilder,
  key: string,
  parameters: readonly Parameter[],
  body: (e: Emitter, p: Arguments) => void,
): FunctionHandle {
  return module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
    body(new Emitter(module, f), named as Arguments);
  });
}

/** Accumulates units; without chunks each unit also finishes its segment. */
function unitStage(plan: ReducePlan): Stage {
  const key = `${plan.key} | units`;
  const whole = plan.chunk === 0;
  const names = whole ? operandNames(plan) : plan.reads.map((_, i) => readName(i));
  const numbers = whole ? numberNames(plan) : [];
  const extents = ["outer", "segments", "count", "chunks", "grain", ...numbers];
  const parameters = [...names, whole ? "local" : "partial", ...extents].map(argument);
  return {
    key,
    parameters,
    tasks: ({ segments, chunks, grain }) => ceilDiv(segments! * chunks!, grain!),
    define: (module) =>
      defineStage(module, key, parameters, (e, p) => {
        const bases = names.map((name) => p[name]!);
        const code = new ReduceCode(e, plan, p, bases);
        eachOf(e, p, p.grain!, i32.mul(p.segments!, p.chunks!), (unit) => {
          const chunk = whole ? i32.const(0) : e.let(i32.divU(unit, p.segments!));
          const segment = code.segment(bases, whole ? unit : e.let(i32.remU(unit, p.segments!)));
          const block = whole ? p.local! : e.let(i32.add(p.partial!, i32.mul(unit, plan.blockBytes)));
          (plan.lanes === "columns" ? reduceColumns : reduceRows)(code, segment, chunk, block);
          if (whole) finish(code, segment, block, undefined, i32.const(0));
        });
      }),
  };
}

/** Combines chunks and finishes segments. */
function finishStage(plan: ReducePlan): Stage {
  const key = `${plan.key} | finish`;
  const names = operandNames(plan);
  const extents = ["outer", "segments", "count", "chunks", "finishGrain", ...numberNames(plan)];
  const parameters = [...names, "partial", ...extents].map(argument);
  return {
    key,
    parameters,
    tasks: ({ segments, finishGrain }) => ceilDiv(segments!, finishGrain!),
    define: (module) =>
      defineStage(module, key, parameters, (e, p) => {
        const bases = names.map((name) => p[name]!);
        const code = new ReduceCode(e, plan, p, bases);
        const step = e.let(i32.mul(p.segments!, plan.blockBytes));
        eachOf(e, p, p.finishGrain!, p.segments!, (number) => {
          const segment = code.segment(bases, number);
          finish(code, segment, e.let(i32.add(p.partial!, i32.mul(number, plan.blockBytes))), p.chunks!, step);
        });
      }),
  };
}

/** Parameters `read0` … (the epilogue's last), `write0` …, and those that the head of this file lists. */
export function reduceKernel(
  kernel: ReduceKernel,
  dtypes: DTypes,
  _options: CodeOptions,
  variant: ReduceVariant = {},
): ShapedKernel {
  const plan = reducePlan(kernel, dtypes, variant);
  const { segments, chunks, grain, finishGrain } = reduceCounts(plan);
  const { kept, reduced, dynamic } = plan;
  const count = sizeOf(reduced.map((loop) => loop.extent));
  const points = count * sizeOf(kept.map((loop) => loop.extent));
  const chunked = plan.chunk > 0;
  const shared: Record<string, number> = chunked ? { partial: segments * chunks * plan.blockBytes } : {};
  return {
    variant: `reduce along ${plan.lanes}, ${chunks} chunk${chunks === 1 ? "" : "s"}`,
    stages: chunked ? [unitStage(plan), finishStage(plan)] : [unitStage(plan)],
    scratch: () => ({ shared, local: chunked ? 0 : plan.blockBytes }),
    flops: () => points * (flopsOf(kernel.prologue) + kernel.accumulators.length),
    extents: {
      outer: (dynamic === "kept" ? kept : reduced)[0]!.extent,
      segments,
      count,
      chunks,
      grain,
      finishGrain,
      ...Object.fromEntries(plan.numbers.map((value, i) => [numberName(i), value])),
    },
  };
}
