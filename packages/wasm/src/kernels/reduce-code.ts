/**
 * What the generated functions of `reduce` share: where a segment lies, the reduced range of a chunk, and reading the
 * prologue's operands at a point of the inner loop.
 */

import { byteSize, type DType } from "@prewitt/core";
import { i32, i32x4, type Local } from "../assembler/index.ts";
import type { State } from "./accumulators.ts";
import type { Emitter, Index } from "./emitter.ts";
import { ExpressionEmitter, type Inputs } from "./expression.ts";
import { place, readLanes, writeLanes } from "./lane-memory.ts";
import { type Lanes, lanesOf } from "./lanes.ts";
import { sizeOf } from "./nest.ts";
import { type PlannedAccumulator, prologueLevels, type ReducePlan } from "./reduce-plan.ts";
import { type Arguments, ceilDiv, smaller } from "./shaped.ts";
import { Walker } from "./walker.ts";

/** Some columns of one row. */
export interface Segment {
  /** Addresses at its first column: reads, extra, writes. */
  readonly pointers: readonly Index[];
  readonly firstColumn: Local<"i32">;
  readonly columns: Local<"i32">;
}

/** One run of the inner loop. */
export interface Run {
  /** Addresses of the reads at its first point, at the segment's first column. */
  readonly pointers: readonly Index[];
  /** Row-major position of its first point, where accumulators need it. */
  readonly position: Index | undefined;
  /** Index along the inner loop of its first point. */
  readonly first: Index;
  readonly count: number | Local<"i32">;
}

export class ReduceCode {
  readonly e: Emitter;
  readonly plan: ReducePlan;
  readonly p: Arguments;
  readonly prologue: ExpressionEmitter;
  readonly #keptWalker: Walker;
  readonly #reducedWalker: Walker;
  readonly needsPosition: boolean;

  constructor(e: Emitter, plan: ReducePlan, p: Arguments, bases: readonly Index[]) {
    this.e = e;
    this.plan = plan;
    this.p = p;
    this.needsPosition = plan.accumulators.some(({ code }) => code.needsPosition);
    const keptBytes = [...plan.reads, ...plan.extra, ...plan.writes].map(byteSize);
    this.#keptWalker = new Walker(e, plan.kept.slice(0, -1), keptBytes.slice(0, bases.length));
    // A position moves like the pointer of one-byte elements.
    const reducedBytes = [...plan.reads.map(byteSize), ...(this.needsPosition ? [1] : [])];
    this.#reducedWalker = new Walker(e, plan.reduced.slice(0, -1), reducedBytes);
    this.prologue = new ExpressionEmitter(plan.prologue, prologueLevels(plan.kept, plan.reduced));
    this.prologue.before(
      e,
      0,
      this.inputs(bases, 0, 0, 4, () => lanesOf("int32", e.i32(0))),
    );
  }

  /** Extent of the columns, or of the inner loop: an argument where it is the outermost of all. */
  get columnExtent(): number | Local<"i32"> {
    const { kept, dynamic } = this.plan;
    return dynamic === "kept" && kept.length === 1 ? this.p.outer! : kept.at(-1)!.extent;
  }

  get innerExtent(): number | Local<"i32"> {
    const { reduced, dynamic } = this.plan;
    return dynamic === "reduced" && reduced.length === 1 ? this.p.outer! : reduced.at(-1)!.extent;
  }

  /** Goes to a segment by number. */
  segment(bases: readonly Index[], number: Index): Segment {
    const { e, plan } = this;
    const { f } = e;
    const extent = this.columnExtent;
    const perRow =
      typeof extent === "number"
        ? i32.const(ceilDiv(extent, plan.width))
        : e.let(i32.divU(i32.add(extent, plan.width - 1), plan.width));
    const one = perRow.constant === 1;
    const row = one ? number : e.let(i32.divU(number, perRow));
    const inRow = one ? i32.const(0) : i32.sub(number, i32.mul(row, perRow));
    this.#keptWalker.seek(bases, row);
    const firstColumn = e.variable(i32.mul(inRow, plan.width));
    const columns = smaller(e, i32.sub(extent, firstColumn), i32.const(plan.width));
    const bytes = [...plan.reads, ...plan.extra, ...plan.writes].map(byteSize);
    const pointers = this.#keptWalker.pointers;
    pointers.forEach((pointer, k) => {
      f.increment(pointer, i32.mul(firstColumn, plan.kept.at(-1)!.strides[k]! * bytes[k]!));
    });
    return { pointers, firstColumn, columns };
  }

  /** Emits `body` for every run of the inner loop in a chunk, from the addresses of the reads at the segment. */
  eachRun(pointers: readonly Index[], chunk: Index, body: (run: Run) => void): void {
    const { e, plan } = this;
    const { f } = e;
    const { reduced } = plan;
    const walker = this.#reducedWalker;
    const bases = [...pointers.slice(0, plan.reads.length), ...(this.needsPosition ? [i32.const(0)] : [])];
    const run = (first: Index, count: Run["count"]): Run => ({
      pointers: walker.pointers.slice(0, plan.reads.length),
      position: this.needsPosition ? walker.pointers.at(-1) : undefined,
      first,
      count,
    });
    if (reduced.length === 1) {
      walker.seek(bases, i32.const(0));
      if (plan.chunk === 0) {
        body(run(i32.const(0), this.innerExtent));
        return;
      }
      const first = e.let(i32.mul(chunk, plan.chunk));
      this.#moveInner(walker.pointers, first);
      body(run(first, smaller(e, i32.sub(this.innerExtent, first), i32.const(plan.chunk))));
      return;
    }
    const outermost = plan.dynamic === "reduced" ? this.p.outer! : reduced[0]!.extent;
    const steps = i32.mul(outermost, sizeOf(reduced.slice(1, -1).map((loop) => loop.extent)));
    const start = plan.chunk === 0 ? i32.const(0) : e.let(i32.mul(chunk, plan.chunk));
    const left = plan.chunk === 0 ? e.variable(steps) : smaller(e, i32.sub(steps, start), i32.const(plan.chunk));
    walker.seek(bases, start);
    f.while(
      () => i32.gtS(left, 0),
      () => {
        e.scope(() => body(run(i32.const(0), reduced.at(-1)!.extent)));
        walker.advance();
        f.increment(left, -1);
      },
    );
  }

  #innerBytes(operand: number): number {
    const { reads, reduced } = this.plan;
    return reduced.at(-1)!.strides[operand]! * (operand < reads.length ? byteSize(reads[operand]!) : 1);
  }

  /** Moves pointers (reads, then the position) along the inner loop. */
  #moveInner(pointers: readonly Local<"i32">[], points: Index): void {
    pointers.forEach((pointer, k) => {
      this.e.f.increment(pointer, i32.mul(points, this.#innerBytes(k)));
    });
  }

  /**
   * Pointers that walk along a run: those that do not move are the run's own. `advance` moves them by a constant number
   * of points; `index` is set where the prologue reads the index along the inner loop.
   */
  cursors(run: Run, from: (pointer: Index, operand: number) => Index) {
    const { e, plan } = this;
    const moving: { local: Local<"i32">; bytes: number }[] = [];
    const walk = (start: Index, bytes: number): Index => {
      if (bytes === 0) return e.let(start);
      const local = e.variable(start);
      moving.push({ local, bytes });
      return local;
    };
    const pointers = run.pointers.map((pointer, k) => walk(from(pointer, k), this.#innerBytes(k)));
    const position = run.position && walk(run.position, this.#innerBytes(plan.reads.length));
    const counted = plan.reduced.at(-1)!.axis >= 0;
    const index = counted ? walk(run.first, 1) : run.first;
    const advance = (points: number): void => {
      for (const { local, bytes } of moving) e.f.increment(local, points * bytes);
    };
    return { pointers, position, index, advance };
  }

  /** Reads of the prologue; offsets and strides are those of the loop that lanes lie along. */
  inputs(
    pointers: readonly Index[],
    columns: number,
    points: number,
    lanes: number,
    index: (axis: number) => Lanes,
  ): Inputs {
    const { e, plan } = this;
    const [column, inner] = [plan.kept.at(-1)!, plan.reduced.at(-1)!];
    return {
      read: (operand, dtype: DType) => {
        const offset = columns * column.strides[operand]! + points * inner.strides[operand]!;
        const stride = (plan.lanes === "columns" ? column : inner).strides[operand]!;
        return readLanes(e, dtype, place(pointers[operand]!, offset * byteSize(dtype)), stride, lanes);
      },
      index,
    };
  }

  /** The index along an axis; `column` and `point` are the current ones, or the first of four in that direction. */
  indexLanes(axis: number, column: Index, point: Index): Lanes {
    const { e, plan } = this;
    const [columns, inner] = [plan.kept.at(-1)!, plan.reduced.at(-1)!];
    const lanes = (at: Index, spread: boolean): Lanes => {
      const all = i32x4.splat(at);
      return lanesOf("int32", spread ? i32x4.add(all, e.i32Lanes([0, 1, 2, 3])) : all);
    };
    if (axis === columns.axis) return lanes(column, plan.lanes === "columns");
    if (axis === inner.axis) return lanes(point, plan.lanes === "inner");
    return lanes(this.#keptWalker.indexOf(axis) ?? this.#reducedWalker.indexOf(axis) ?? i32.const(0), false);
  }

  /** The index along a kept axis of four columns, whichever way lanes lie. */
  columnIndex(axis: number, column: Index): Lanes {
    const { e, plan } = this;
    if (axis !== plan.kept.at(-1)!.axis) {
      return lanesOf("int32", i32x4.splat(this.#keptWalker.indexOf(axis) ?? i32.const(0)));
    }
    return lanesOf("int32", i32x4.add(i32x4.splat(column), e.i32Lanes([0, 1, 2, 3])));
  }

  /** Position of a point, for each lane. */
  positionLanes(position: Index | undefined, points: number): Lanes | undefined {
    const { e, plan } = this;
    if (position === undefined) return undefined;
    const stride = plan.reduced.at(-1)!.strides[plan.reads.length]!;
    const all = i32x4.splat(i32.add(position, points * stride));
    if (plan.lanes === "columns") return lanesOf("int32", e.let(all));
    return lanesOf("int32", e.let(i32x4.add(all, e.i32Lanes([0, stride, 2 * stride, 3 * stride]))));
  }

  loadState({ slots }: PlannedAccumulator, block: Index, column: Index, lanes: number): State {
    return slots.map(({ dtype, offset }) => {
      const at = i32.add(block, i32.mul(column, byteSize(dtype)));
      return readLanes(this.e, dtype, place(this.e.let(at), offset), 1, lanes);
    });
  }

  storeState({ slots }: PlannedAccumulator, state: State, block: Index, column: Index, lanes: number): void {
    slots.forEach(({ dtype, offset }, i) => {
      const at = this.e.let(i32.add(block, i32.mul(column, byteSize(dtype))));
      writeLanes(this.e, state[i]!, place(at, offset), 1, lanes);
    });
  }

  /** Emits `body` for the segment's columns, `groups` × 4 at a time, then 4, then what is left. */
  eachColumns(
    columns: Local<"i32">,
    groups: number,
    body: (column: Local<"i32">, groups: number, lanes: number) => void,
  ): void {
    const { e } = this;
    const extent = this.columnExtent;
    const column = e.variable(i32.const(0));
    const loop = (n: number, lanes: number, step: number): void => {
      const last = e.let(i32.sub(columns, step));
      e.f.while(
        () => i32.leS(column, last),
        () => {
          e.scope(() => body(column, n, lanes));
          e.f.increment(column, step);
        },
      );
    };
    const known = typeof extent === "number" ? extent : undefined;
    const most = known === undefined ? this.plan.width : Math.min(known, this.plan.width);
    if (groups > 1 && most >= 4 * groups) loop(groups, 4, 4 * groups);
    if (most >= 4 && (groups === 1 || known === undefined || known % (4 * groups) >= 4)) loop(1, 4, 4);
    if (known === undefined) loop(1, 1, 1);
    else if (known % 4 !== 0) e.f.if(i32.ltS(column, columns), () => e.scope(() => body(column, 1, known % 4)));
  }
}
