/**
 * Reduction with lanes along the columns: each lane has accumulators of its own, in registers for some columns at a time
 * while a block of points goes by. Blocks are small enough to stay in the first-level cache while all columns of the
 * segment take their turn; between blocks accumulators rest in the unit's memory block.
 */

import { byteSize } from "@prewitt/core";
import { i32, type Local } from "../assembler/index.ts";
import { type StateLocals, setState, stateLocals } from "./accumulators.ts";
import type { Index } from "./emitter.ts";
import type { Lanes } from "./lanes.ts";
import { partCount } from "./lanes.ts";
import type { ReduceCode, Run, Segment } from "./reduce-code.ts";

const CACHE_BYTES = 1 << 14;
/** Vectors of state that leave registers for the values themselves. */
const STATE_VECTORS = 12;

/** Groups of four columns that are accumulated together. */
function groupsOf({ plan }: ReduceCode): number {
  const vectors = plan.accumulators.flatMap(({ code }) => code.slots.map(partCount)).reduce<number>((a, b) => a + b, 0);
  const most = STATE_VECTORS / Math.max(1, vectors);
  return most >= 4 ? 4 : most >= 2 ? 2 : 1;
}

function blockOf({ plan }: ReduceCode, groups: number): number {
  if (plan.width <= 4 * groups) return Number.POSITIVE_INFINITY;
  const moving = plan.reads.filter((_, k) => plan.reduced.at(-1)!.strides[k] !== 0).length;
  return Math.max(8, Math.floor(CACHE_BYTES / (plan.width * 4 * Math.max(1, moving))));
}

/** Accumulates a segment over a chunk into `block`. */
export function reduceColumns(code: ReduceCode, segment: Segment, chunk: Index, block: Index): void {
  const { e } = code;
  const groups = groupsOf(code);
  const points = blockOf(code, groups);
  start(code, segment, block);
  code.eachRun(segment.pointers, chunk, (run) => {
    if (points === Number.POSITIVE_INFINITY || (typeof run.count === "number" && run.count <= points)) {
      accumulate(code, segment, run, block, groups);
      return;
    }
    eachBlock(code, run, points, (part) => e.scope(() => accumulate(code, segment, part, block, groups)));
  });
}

function eachBlock(code: ReduceCode, run: Run, points: number, body: (run: Run) => void): void {
  const { e } = code;
  const { pointers, position, advance } = code.cursors(run, (pointer) => pointer);
  const first = e.variable(run.first);
  const left = e.variable(typeof run.count === "number" ? i32.const(run.count) : run.count);
  e.f.while(
    () => i32.gtS(left, 0),
    () => {
      e.scope(() => body({ pointers, position, first, count: smallerOf(code, left, points) }));
      advance(points);
      e.f.increment(first, points);
      e.f.increment(left, -points);
    },
  );
}

function smallerOf({ e }: ReduceCode, left: Local<"i32">, points: number): Local<"i32"> {
  return e.variable(i32.minS(left, points));
}

/** Stores the state before any value. */
function start(code: ReduceCode, segment: Segment, block: Index): void {
  const { e, plan } = code;
  const needsFirst = plan.accumulators.some((a) => a.code.needsFirst);
  code.eachColumns(segment.columns, 1, (column, _groups, lanes) => {
    const values = needsFirst ? firstValues(code, segment, column, lanes) : [];
    for (const accumulator of plan.accumulators) {
      code.storeState(accumulator, accumulator.code.start(e, values[accumulator.value]), block, column, lanes);
    }
  });
}

/** The prologue at the first point of the whole reduced range. */
function firstValues(code: ReduceCode, segment: Segment, column: Index, lanes: number): Lanes[] {
  const { e, plan } = code;
  const pointers = atColumn(code, segment.pointers.slice(0, plan.reads.length), column);
  const index = (axis: number): Lanes =>
    plan.reduced.some((loop) => loop.axis === axis)
      ? { dtype: "int32", parts: [e.i32(0)] }
      : code.indexLanes(axis, i32.add(segment.firstColumn, column), i32.const(0));
  const inputs = code.inputs(pointers, 0, 0, lanes, index);
  const prologue = code.prologue.fork();
  prologue.before(e, 1, inputs);
  return prologue.results(e, inputs);
}

function atColumn({ e, plan }: ReduceCode, pointers: readonly Index[], column: Index): Index[] {
  return pointers.map((pointer, k) =>
    e.let(i32.add(pointer, i32.mul(column, plan.kept.at(-1)!.strides[k]! * byteSize(plan.reads[k]!)))),
  );
}

function accumulate(code: ReduceCode, segment: Segment, run: Run, block: Index, together: number): void {
  const { e, plan } = code;
  code.eachColumns(segment.columns, together, (column, groups, lanes) => {
    const states = Array.from({ length: groups }, (_, g) =>
      plan.accumulators.map((accumulator): StateLocals => {
        const locals = stateLocals(e, accumulator.code);
        setState(e, locals, code.loadState(accumulator, block, i32.add(column, 4 * g), lanes));
        return locals;
      }),
    );
    const starts = atColumn(code, run.pointers, column);
    const at = code.cursors(run, (_pointer, k) => starts[k]!);
    const columnOf = (g: number): Index => i32.add(i32.add(segment.firstColumn, column), 4 * g);
    const prologues = states.map((_, g) => {
      const prologue = code.prologue.fork();
      const index = (axis: number): Lanes => code.indexLanes(axis, columnOf(g), at.index);
      prologue.before(e, 1, code.inputs(at.pointers, 4 * g, 0, lanes, index));
      return prologue;
    });
    const left = e.variable(typeof run.count === "number" ? i32.const(run.count) : run.count);
    e.f.while(
      () => i32.gtS(left, 0),
      () => {
        states.forEach((state, g) => {
          e.scope(() => {
            const index = (axis: number): Lanes => code.indexLanes(axis, columnOf(g), at.index);
            const values = prologues[g]!.results(e, code.inputs(at.pointers, 4 * g, 0, lanes, index));
            const position = code.positionLanes(at.position, 0);
            plan.accumulators.forEach(({ code: kind, value }, i) => {
              setState(e, state[i]!, kind.take(e, state[i]!, values[value]!, position));
            });
          });
        });
        at.advance(1);
        e.f.increment(left, -1);
      },
    );
    states.forEach((state, g) => {
      plan.accumulators.forEach((accumulator, i) => {
        code.storeState(accumulator, state[i]!, block, i32.add(column, 4 * g), lanes);
      });
    });
  });
}
