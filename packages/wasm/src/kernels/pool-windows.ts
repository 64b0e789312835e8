/**
 * Windows of the forward modes. Where few kinds of windows exist (inside, and cut by each edge), each kind has straight
 * code with constant offsets; other windows are visited tap by tap in loops.
 */

import type { WindowAxis } from "@prewitt/core";
import { i32, i32x4, type Local } from "../assembler/index.ts";
import type { Emitter, Index, Vector } from "./emitter.ts";
import type { PlaneGroup, PoolCode, Unit } from "./pool-code.ts";
import { divisorOf, type PoolOperand, type PoolPlan, type SpanClass, spanClasses } from "./pool-plan.ts";

/** A tap of a window. */
export interface Tap {
  /** Byte offset from the address of the window's plane group. */
  readonly offset: number;
  /** Position in the plane, relative to `origin`. */
  readonly position: number;
}

/** The taps of one window, as the body of a mode meets them. */
export interface Window {
  /** Taps known at generation time, in row-major order; `undefined`: `each` must be used. */
  readonly taps: readonly Tap[] | undefined;
  /** Emits a loop over all taps: byte offset from the plane group, position in the plane. */
  each(body: (offset: Index, position: Index) => void): void;
  /** Position in the plane that tap positions are relative to, in all lanes. */
  readonly origin: Vector;
  /** What the sum over the window is divided by. */
  readonly divisor: Index;
}

/** Writes the results of one window for a group of planes. */
export type WindowBody = (code: PoolCode, group: PlaneGroup, window: Window) => void;

/** Taps of one window, and of all kinds of windows together, that are written out. */
const STRAIGHT_TAPS = 64;
const STRAIGHT_TOTAL = 400;

function isStraight(rows: readonly SpanClass[], columns: readonly SpanClass[]): boolean {
  let total = 0;
  for (const r of rows) {
    for (const c of columns) {
      const taps = (r.to - r.from) * (c.to - c.from);
      if (taps > STRAIGHT_TAPS) return false;
      total += taps + 2;
    }
  }
  return total <= STRAIGHT_TOTAL;
}

/** Emits the windows of one output row: `x` is read, the writes have the windows' shape. */
export function emitWindowRow(code: PoolCode, unit: Unit, together: number, body: WindowBody): void {
  const { plan } = code;
  const [rows, columns] = [spanClasses(plan.rows), spanClasses(plan.columns)];
  if (isStraight(rows, columns)) straightRow(code, unit, { rows, columns, together, body });
  else loopedRow(code, unit, body);
}

interface Straight {
  readonly rows: readonly SpanClass[];
  readonly columns: readonly SpanClass[];
  readonly together: number;
  readonly body: WindowBody;
}

const firstIndex = ({ stride, padBefore, dilation }: WindowAxis, position: Index, tap: number): Index =>
  i32.add(i32.mul(position, stride), tap * dilation - padBefore);

function straightRow(code: PoolCode, unit: Unit, { rows, columns, together, body }: Straight): void {
  const { e, plan } = code;
  const x = plan.reads[0]!;
  code.byClass(rows, unit.row, (r) => {
    for (const c of columns) {
      const taps = tapsOf(plan, x, r, c);
      const divisor = i32.const(divisorOf(r, c, plan.countIncludePad));
      code.along(c, (column) => {
        const top = firstIndex(plan.rows, unit.row, r.from);
        const left = firstIndex(plan.columns, column, c.from);
        const origin = e.let(i32x4.splat(i32.add(i32.mul(top, plan.columns.input), left)));
        // Without taps there is nothing to read, wherever the address would be.
        const source = taps.length === 0 ? unit.base(x) : addressAt(unit, x, top, left);
        const starts = [{ operand: x, at: source }, ...writesAt(plan, unit, column)];
        const window: Window = {
          taps,
          each: () => {
            throw new Error("the taps are known");
          },
          origin,
          divisor,
        };
        code.eachPlanes(unit.count, starts, together, (groups) => {
          for (const group of groups) e.scope(() => body(code, group, window));
        });
      });
    }
  });
}

function addressAt(unit: Unit, operand: PoolOperand, row: Index, column: Index): Index {
  return i32.add(i32.add(unit.base(operand), i32.mul(row, operand.row)), i32.mul(column, operand.column));
}

const writesAt = (plan: PoolPlan, unit: Unit, column: Index) =>
  plan.writes.map((operand) => ({ operand, at: addressAt(unit, operand, unit.row, column) }));

function tapsOf({ rows, columns }: PoolPlan, x: PoolOperand, r: SpanClass, c: SpanClass): Tap[] {
  const taps: Tap[] = [];
  for (let k = 0; k < r.to - r.from; k++) {
    for (let l = 0; l < c.to - c.from; l++) {
      const [row, column] = [k * rows.dilation, l * columns.dilation];
      taps.push({ offset: row * x.row + column * x.column, position: row * columns.input + column });
    }
  }
  return taps;
}

interface Span {
  readonly start: Index;
  readonly from: Index;
  readonly to: Index;
  readonly padded: Index;
}

const bounded = (e: Emitter, value: Index, low: number, high: number): Local<"i32"> => {
  const v = e.let(value);
  const raised = e.let(i32.maxS(v, i32.const(low)));
  return e.variable(i32.minS(raised, i32.const(high)));
};

/** ⌈a / b⌉ for b > 0 and a that is not negative where it matters. */
const ceilDivide = (a: Index, b: number): Index => i32.divS(i32.add(a, b - 1), b);

/** The taps inside the input of the window at a run-time position. */
function spanAt(e: Emitter, axis: WindowAxis, position: Index): Span {
  const { input, kernel, stride, padBefore, padAfter, dilation } = axis;
  const start = e.let(i32.sub(i32.mul(position, stride), padBefore));
  const upTo = (end: number): Local<"i32"> => {
    const room = bounded(e, i32.sub(end, start), 0, kernel * dilation);
    return bounded(e, ceilDivide(room, dilation), 0, kernel);
  };
  const to = upTo(input);
  const before = bounded(e, i32.sub(0, start), 0, kernel * dilation);
  const from = e.let(i32.minS(e.let(ceilDivide(before, dilation)), to));
  return { start, from, to, padded: upTo(input + padAfter) };
}

/** Number of taps that an average counts along one axis, at a run-time position. */
export function countTaps(e: Emitter, axis: WindowAxis, position: Index, countIncludePad: boolean): Index {
  const { from, to, padded } = spanAt(e, axis, position);
  return countIncludePad ? padded : i32.sub(to, from);
}

function loopedRow(code: PoolCode, unit: Unit, body: WindowBody): void {
  const { e, plan } = code;
  const x = plan.reads[0]!;
  const r = spanAt(e, plan.rows, unit.row);
  code.along({ start: 0, end: plan.columns.output }, (column) => {
    const c = spanAt(e, plan.columns, column);
    const inside = i32.mul(i32.sub(r.to, r.from), i32.sub(c.to, c.from));
    const count = e.let(plan.countIncludePad ? i32.mul(r.padded, c.padded) : inside);
    const divisor = e.let(i32.maxS(count, i32.const(1)));
    const each: Window["each"] = (visit) => {
      e.scope(() => {
        const [k, l] = [e.local("i32"), e.local("i32")];
        e.f.for(k, r.from, r.to, 1, () => {
          const row = e.let(i32.add(r.start, i32.mul(k, plan.rows.dilation)));
          e.f.for(l, c.from, c.to, 1, () => {
            e.scope(() => {
              const at = e.let(i32.add(c.start, i32.mul(l, plan.columns.dilation)));
              const offset = e.let(i32.add(i32.mul(row, x.row), i32.mul(at, x.column)));
              visit(offset, e.let(i32.add(i32.mul(row, plan.columns.input), at)));
            });
          });
        });
      });
    };
    const window: Window = { taps: undefined, each, origin: e.i32(0), divisor };
    const starts = [{ operand: x, at: unit.base(x) }, ...writesAt(plan, unit, column)];
    code.eachPlanes(unit.count, starts, 1, ([group]) => e.scope(() => body(code, group!, window)));
  });
}
