/**
 * Reduction with lanes along the inner reduced loop: one column at a time, several vectors of accumulators that take
 * turns (so that additions need not wait for each other), combined at the end in an order that counts alone decide.
 */

import { byteSize } from "@prewitt/core";
import { f32x4, f64x2, i32, i32x4, type Local } from "../assembler/index.ts";
import {
  heldState,
  laneMask,
  mergeLanes,
  type State,
  type StateLocals,
  setState,
  stateLocals,
} from "./accumulators.ts";
import type { Index } from "./emitter.ts";
import { type Lanes, lanesOf, partCount, select } from "./lanes.ts";
import type { ReduceCode, Run, Segment } from "./reduce-code.ts";
import type { PlannedAccumulator } from "./reduce-plan.ts";

/** Accumulators that take turns. */
function turnsOf({ plan, innerExtent }: ReduceCode): number {
  const vectors = plan.accumulators.flatMap(({ code }) => code.slots.map(partCount)).reduce<number>((a, b) => a + b, 0);
  const turns = vectors <= 2 ? 4 : vectors <= 6 ? 2 : 1;
  // Short rows gain nothing.
  return typeof innerExtent === "number" && innerExtent < 8 * turns ? 1 : turns;
}

export function reduceRows(code: ReduceCode, segment: Segment, chunk: Index, block: Index): void {
  const { e, plan } = code;
  const turns = turnsOf(code);
  const column = e.variable(i32.const(0));
  e.f.while(
    () => i32.ltS(column, segment.columns),
    () => {
      e.scope(() => {
        const pointers = plan.reads.map((dtype, k) => {
          const bytes = plan.kept.at(-1)!.strides[k]! * byteSize(dtype);
          return e.let(i32.add(segment.pointers[k]!, i32.mul(column, bytes)));
        });
        const states = startStates(code, pointers, i32.add(segment.firstColumn, column), turns);
        code.eachRun(pointers, chunk, (run) => accumulate(code, run, i32.add(segment.firstColumn, column), states));
        plan.accumulators.forEach((accumulator, i) => {
          const merged = mergeTurns(
            code,
            accumulator,
            states.map((s) => s[i]!),
          );
          code.storeState(accumulator, merged, block, column, 1);
        });
      });
      e.f.increment(column, 1);
    },
  );
}

/** States by turn and accumulator. */
function startStates(code: ReduceCode, pointers: readonly Index[], column: Index, turns: number): StateLocals[][] {
  const { e, plan } = code;
  const values = plan.accumulators.some((a) => a.code.needsFirst) ? firstValues(code, pointers, column) : [];
  return Array.from({ length: turns }, () =>
    plan.accumulators.map((accumulator) => {
      const locals = stateLocals(e, accumulator.code);
      setState(e, locals, accumulator.code.start(e, values[accumulator.value]));
      return locals;
    }),
  );
}

/** The prologue at the first point of the whole reduced range, in all lanes. */
function firstValues(code: ReduceCode, pointers: readonly Index[], column: Index): Lanes[] {
  const { e, plan } = code;
  const index = (axis: number): Lanes =>
    plan.reduced.some((loop) => loop.axis === axis)
      ? lanesOf("int32", e.i32(0))
      : code.indexLanes(axis, column, i32.const(0));
  const inputs = code.inputs(pointers, 0, 0, 1, index);
  const prologue = code.prologue.fork();
  prologue.before(e, 1, inputs);
  return prologue.results(e, inputs).map((value) => splatFirst(value));
}

function splatFirst({ dtype, parts }: Lanes): Lanes {
  const [part] = parts as [Lanes["parts"][number]];
  if (dtype === "float64") {
    const all = f64x2.splat(f64x2.extract(part, 0));
    return lanesOf(dtype, all, all);
  }
  if (dtype === "float32") return lanesOf(dtype, f32x4.splat(f32x4.extract(part, 0)));
  return lanesOf(dtype, i32x4.splat(i32x4.extract(part, 0)));
}

function accumulate(code: ReduceCode, run: Run, column: Index, states: readonly StateLocals[][]): void {
  const { e, plan } = code;
  const { f } = e;
  const at = code.cursors(run, (pointer) => pointer);
  const index = (axis: number, point: Index): Lanes => code.indexLanes(axis, column, point);
  const prologue = code.prologue.fork();
  prologue.before(
    e,
    1,
    code.inputs(at.pointers, 0, 0, 4, (axis) => index(axis, at.index)),
  );
  const vectors = (n: number, lanes: number): void => {
    for (let v = 0; v < n; v++) {
      e.scope(() => {
        const inputs = code.inputs(at.pointers, 0, 4 * v, lanes, (axis) => index(axis, i32.add(at.index, 4 * v)));
        const values = prologue.results(e, inputs);
        const position = code.positionLanes(at.position, 4 * v);
        plan.accumulators.forEach(({ code: kind, value }, i) => {
          const state = states[v % states.length]![i]!;
          const given = values[value]!;
          const taken = lanes === 4 ? given : select(e, laneMask(e, lanes), given, kind.neutral(e, state));
          setState(e, state, kind.take(e, state, taken, position));
        });
      });
    }
    at.advance(4 * (n - 1) + lanes);
  };
  const turns = states.length;
  if (typeof run.count === "number") {
    const whole = Math.floor(run.count / 4);
    const straight = whole <= 4 ? 0 : Math.floor(whole / turns);
    if (straight > 0) f.repeat(straight, () => vectors(turns, 4));
    if (whole > straight * turns) vectors(whole - straight * turns, 4);
    if (run.count % 4 !== 0) vectors(1, run.count % 4);
    return;
  }
  countdown(
    code,
    run.count,
    [
      [turns, 4],
      [1, 4],
      [1, 1],
    ],
    vectors,
  );
}

function countdown(
  { e }: ReduceCode,
  count: Local<"i32">,
  steps: readonly (readonly [n: number, lanes: number])[],
  vectors: (n: number, lanes: number) => void,
): void {
  const left = e.variable(count);
  steps.forEach(([n, lanes], i) => {
    const size = n * lanes;
    if (i > 0 && size === steps[i - 1]![0] * steps[i - 1]![1]) return;
    e.f.while(
      () => i32.geS(left, size),
      () => {
        vectors(n, lanes);
        e.f.increment(left, -size);
      },
    );
  });
}

/** All turns and lanes in one. */
function mergeTurns({ e }: ReduceCode, { code }: PlannedAccumulator, turns: readonly StateLocals[]): State {
  let level: State[] = [...turns];
  while (level.length > 1) {
    const next: State[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(heldState(e, code.combine(e, level[i]!, level[i + 1]!)));
    level = next;
  }
  return mergeLanes(e, code, level[0]!);
}
