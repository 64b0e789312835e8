/**
 * `map`: a scalar expression at every point of an index space, four points at a time. Loops follow the memory of the
 * first write, axes that lie without gaps are one loop, the outermost extent is the argument `outer`.
 *
 * With one loop, a task is a run of elements. With more, it is some rows (a row: the innermost loop), or part of a long
 * row. What does not change along a row is computed once a row, what never changes once a call. Where vectors are joined,
 * neighbours are computed in pairs before either is stored: a load cannot move over a store.
 */

import { byteSize, type DType, flopsOf, type MapKernel, type Operand } from "@prewitt/core";
import { type FunctionHandle, i32, i32x4, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import { ExpressionEmitter, type Inputs } from "./expression.ts";
import type { CodeOptions, Stage } from "./kernel.ts";
import { signature } from "./kernel.ts";
import { place, readLanes, writeLanes } from "./lane-memory.ts";
import { type Lanes, lanesOf } from "./lanes.ts";
import { levelsOf, type MapPlan, mapPlan, mapTasks } from "./map-plan.ts";
import { movePlan, moveStage } from "./move.ts";
import { type Loop, sizeOf } from "./nest.ts";
import type { ElementBytes } from "./rows.ts";
import {
  type Arguments,
  argument,
  ceilDiv,
  type DTypes,
  operandPointers,
  readName,
  type ShapedKernel,
  smaller,
  writeName,
} from "./shaped.ts";
import { Walker } from "./walker.ts";

/** Rows of up to this many instructions are written out without a loop. */
const STRAIGHT = 200;

/** Elementwise code of one call: expression, operands and loops together. */
class MapCode {
  readonly #e: Emitter;
  readonly #plan: MapPlan;
  readonly #code: ExpressionEmitter;
  readonly #dtypes: readonly DType[];
  readonly #reads: number;
  readonly #inner: Loop;

  constructor(e: Emitter, plan: MapPlan) {
    this.#e = e;
    this.#plan = plan;
    this.#code = new ExpressionEmitter(plan.expression, levelsOf(plan.loops));
    this.#dtypes = [...plan.dtypes.reads, ...plan.dtypes.writes];
    this.#reads = plan.dtypes.reads.length;
    this.#inner = plan.loops.at(-1)!;
  }

  #inputs(pointers: readonly Index[], offset: number, lanes: number, index: (axis: number) => Lanes): Inputs {
    return {
      read: (operand, dtype) => {
        const stride = this.#inner.strides[operand]!;
        return readLanes(this.#e, dtype, place(pointers[operand]!, offset * stride * byteSize(dtype)), stride, lanes);
      },
      index,
    };
  }

  /** What never changes. `bases`: addresses of the operands. */
  constants(bases: readonly Index[]): void {
    this.#code.before(
      this.#e,
      0,
      this.#inputs(bases, 0, 4, () => lanesOf("int32", this.#e.i32(0))),
    );
  }

  /** `count` points from `pointers` on; `first` is the index of the first along the innermost axis. */
  row(
    pointers: readonly Index[],
    count: number | Local<"i32">,
    first: Index,
    outerIndex: (axis: number) => Index,
  ): void {
    const e = this.#e;
    const { f } = e;
    const outside = (axis: number): Lanes => lanesOf("int32", i32x4.splat(outerIndex(axis)));
    this.#code.before(e, 1, this.#inputs(pointers, 0, 4, outside));
    const moving = this.#dtypes.flatMap((dtype, k) => {
      const bytes = this.#inner.strides[k]! * byteSize(dtype);
      return bytes === 0 ? [] : [{ pointer: e.variable(pointers[k]!), bytes, k }];
    });
    const at: Index[] = [...pointers];
    for (const { pointer, k } of moving) at[k] = pointer;
    const step = (elements: number): void => {
      for (const { pointer, bytes } of moving) f.increment(pointer, elements * bytes);
    };
    const counted = this.#inner.axis >= 0;
    const i = e.variable(first);
    const vectors = (n: number, lanes = 4): void => {
      for (let v = 0; v < n; v += this.#plan.together) {
        const group = Math.min(this.#plan.together, n - v);
        e.scope(() =>
          this.#body(
            at,
            Array.from({ length: group }, (_, g) => (v + g) * 4),
            lanes,
            i,
            outside,
          ),
        );
      }
      step(4 * (n - 1) + lanes);
      if (counted) f.increment(i, 4 * (n - 1) + lanes);
    };
    this.#count(count, vectors);
  }

  /** Runs `vectors(n, lanes)` over all points: unrolled, then single vectors, then what is left of one. */
  #count(count: number | Local<"i32">, vectors: (n: number, lanes?: number) => void): void {
    const { f } = this.#e;
    const unroll = this.#code.cost <= 6 ? 4 : this.#code.cost <= 16 ? 2 : this.#plan.together;
    if (typeof count === "number") {
      const whole = Math.floor(count / 4);
      const short = whole <= Math.max(unroll, STRAIGHT / Math.max(4, this.#code.cost));
      const straight = short ? 0 : Math.floor(whole / unroll);
      if (straight > 0) f.repeat(straight, () => vectors(unroll));
      if (whole > straight * unroll) vectors(whole - straight * unroll);
      if (count % 4 !== 0) vectors(1, count % 4);
      return;
    }
    const left = this.#e.variable(count);
    const loop = (n: number, lanes: number, size: number): void =>
      f.while(
        () => i32.geS(left, size),
        () => {
          vectors(n, lanes);
          f.increment(left, -size);
        },
      );
    loop(unroll, 4, 4 * unroll);
    if (unroll > 1) loop(1, 4, 4);
    loop(1, 1, 1);
  }

  /** The vectors at `offsets` (ascending): all are computed before the first is stored. */
  #body(
    at: readonly Index[],
    offsets: readonly number[],
    lanes: number,
    i: Index,
    outside: (axis: number) => Lanes,
  ): void {
    const e = this.#e;
    const computed = offsets.map((offset) => {
      const index = (axis: number): Lanes => {
        if (axis !== this.#inner.axis) return outside(axis);
        return lanesOf("int32", i32x4.add(i32x4.splat(i32.add(i, offset)), e.i32Lanes([0, 1, 2, 3])));
      };
      return { offset, results: this.#code.results(e, this.#inputs(at, offset, lanes, index)) };
    });
    this.#plan.dtypes.writes.forEach((dtype, w) => {
      const k = this.#reads + w;
      const stride = this.#inner.strides[k]!;
      // The last first: of two stores that join, the later one stays.
      for (const { offset, results } of [...computed].reverse()) {
        writeLanes(e, results[w]!, place(at[k]!, offset * stride * byteSize(dtype)), stride, lanes);
      }
    });
  }

  get plan(): MapPlan {
    return this.#plan;
  }
}

/** The code of a map between addresses, for tasks [t0, t1). Emitted into functions that have `outer`. */
export function emitMap(e: Emitter, plan: MapPlan, bases: readonly Index[], outer: Index, t0: Index, t1: Index): void {
  const { f } = e;
  const code = new MapCode(e, plan);
  const bytes = [...plan.dtypes.reads, ...plan.dtypes.writes].map(byteSize);
  code.constants(bases);
  if (plan.loops.length === 1) {
    const walker = new Walker(e, plan.loops, bytes);
    const start = e.let(i32.mul(t0, plan.chunk));
    const count = e.variable(i32.sub(smaller(e, i32.mul(t1, plan.chunk), outer), start));
    walker.seek(bases, start);
    code.row(walker.pointers, count, start, () => i32.const(0));
    return;
  }
  const outerLoops = plan.loops.slice(0, -1);
  const walker = new Walker(e, outerLoops, bytes);
  const indexOf = (axis: number): Index => walker.indexOf(axis) ?? i32.const(0);
  const row = plan.loops.at(-1)!.extent;
  if (plan.piece === 0) {
    const rows = e.let(i32.mul(outer, sizeOf(outerLoops.slice(1).map((loop) => loop.extent))));
    const start = e.let(i32.mul(t0, plan.chunk));
    const left = e.variable(i32.sub(smaller(e, i32.mul(t1, plan.chunk), rows), start));
    walker.seek(bases, start);
    f.while(
      () => i32.gtS(left, 0),
      () => {
        e.scope(() => code.row(walker.pointers, row, i32.const(0), indexOf));
        walker.advance();
        f.increment(left, -1);
      },
    );
    return;
  }
  emitPieces(e, code, walker, { bases, bytes, t0, t1, row, indexOf });
}

interface Pieces {
  readonly bases: readonly Index[];
  readonly bytes: readonly number[];
  readonly t0: Index;
  readonly t1: Index;
  readonly row: number;
  readonly indexOf: (axis: number) => Index;
}

/** Each task is one piece of a long row. */
function emitPieces(e: Emitter, code: MapCode, walker: Walker, { bases, bytes, t0, t1, row, indexOf }: Pieces): void {
  const { piece, loops } = code.plan;
  const pieces = ceilDiv(row, piece);
  const t = e.variable(t0);
  e.f.while(
    () => i32.ltS(t, t1),
    () => {
      e.scope(() => {
        const rowIndex = e.let(i32.divU(t, pieces));
        const first = e.let(i32.mul(i32.sub(t, i32.mul(rowIndex, pieces)), piece));
        walker.seek(bases, rowIndex);
        walker.pointers.forEach((pointer, k) => {
          e.f.increment(pointer, i32.mul(first, loops.at(-1)!.strides[k]! * bytes[k]!));
        });
        const count = smaller(e, i32.sub(row, first), i32.const(piece));
        code.row(walker.pointers, count, first, indexOf);
      });
      e.f.increment(t, 1);
    },
  );
}

export function mapStage(plan: MapPlan): Stage {
  const { reads, writes } = plan.dtypes;
  const parameters = [...operandPointers(reads.length, writes.length), argument("outer")];
  return {
    key: plan.key,
    parameters,
    tasks: ({ outer }) => mapTasks(plan, outer!),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: plan.key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const bases = [...reads.map((_, i) => p[readName(i)]!), ...writes.map((_, i) => p[writeName(i)]!)];
        emitMap(new Emitter(module, f), plan, bases, p.outer!, p.t0!, p.t1!);
      }),
  };
}

/** The read that a map only hands on, if it does nothing else: then it is a copy. */
function copiedRead({ expression, reads, writes }: MapKernel, dtypes: DTypes): Operand | undefined {
  const result = expression.instructions[expression.results[0]!];
  if (writes.length !== 1 || result?.op !== "read") return undefined;
  return dtypes.reads[result.operand] === dtypes.writes[0] ? reads[result.operand] : undefined;
}

function copyingMap(kernel: MapKernel, from: Operand, dtype: DType): ShapedKernel {
  const bytes = byteSize(dtype) as ElementBytes;
  const plan = movePlan({ shape: kernel.shape, to: kernel.writes[0]!.strides, from: from.strides, bytes });
  const names = { to: writeName(0), from: readName(kernel.reads.indexOf(from)), outer: "outer", start: "start" };
  return {
    variant: `map copy ${plan.kind}`,
    stages: [moveStage(plan, names)],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => 0,
    extents: { outer: plan.rows.outer[0]!.extent, start: 0 },
  };
}

/**
 * `map` as one stage: parameters `read0` …, `write0` …, `outer`. Any dtypes, any strides. Maps that only hand a read on are
 * copies, which transpose in tiles where operands lie differently.
 */
export function mapKernel(kernel: MapKernel, dtypes: DTypes, options: CodeOptions): ShapedKernel {
  const copied = copiedRead(kernel, dtypes);
  if (copied !== undefined) return copyingMap(kernel, copied, dtypes.writes[0]!);
  const plan = mapPlan(kernel, dtypes, options);
  const inner = plan.loops.at(-1)!;
  const plain = inner.strides.every((s) => s === 0 || s === 1);
  return {
    variant: `map ${plain ? "simd" : "strided"}, ${plan.loops.length} loop${plan.loops.length === 1 ? "" : "s"}`,
    stages: [mapStage(plan)],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => flopsOf(kernel.expression) * sizeOf(kernel.shape),
    extents: { outer: plan.loops[0]!.extent },
  };
}
