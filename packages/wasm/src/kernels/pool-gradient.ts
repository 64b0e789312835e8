/**
 * Gradients of pools, computed where they arrive, so that units write memory of their own.
 *
 * Windows that lie apart: each input position belongs to one window at most, so a window writes all of its cell, the
 * positions up to the next window: its cotangent at the maximum, or its share everywhere, and zeros.
 * Windows that overlap: each input position goes over the windows that cover it, in row-major order,
 *
 *     dx[i, j] = Σ_{p, q : ∃k, l: p s + k d − pad = i, q s + l d − pad = j}  dy[p, q] [index[p, q] = (i, j)]  or  / divisor[p, q]
 *
 * in float64, rounded once. Indices must lie in the windows that they belong to: max-pooling makes no others.
 */

import type { WindowAxis } from "@prewitt/core";
import { byteSize } from "@prewitt/core";
import { f64, f64x2, i32, i32x4, type Local, v128 } from "../assembler/index.ts";
import type { Emitter, Index } from "./emitter.ts";
import { binary } from "./lane-arithmetic.ts";
import { place, readLanes } from "./lane-memory.ts";
import { cast, constant, type Lanes, lanesOf, mapParts, masksFor, named } from "./lanes.ts";
import type { PlaneGroup, PoolCode, Unit } from "./pool-code.ts";
import { type Cell, cells, divisorOf, type PoolOperand } from "./pool-plan.ts";
import { countTaps } from "./pool-windows.ts";

/** Whether code for the cells of windows is short enough to be written out. */
export function fitsCells(rows: WindowAxis, columns: WindowAxis): boolean {
  if (rows.output === 0 || columns.output === 0) return false;
  let total = 0;
  for (const r of cells(rows)) for (const c of cells(columns)) total += r.extent * c.extent + 2;
  return total <= 400;
}

const at = (unit: Unit, operand: PoolOperand, row: Index, column: Index): Index =>
  i32.add(i32.add(unit.base(operand), i32.mul(row, operand.row)), i32.mul(column, operand.column));

/** Emits the cells of one row of windows. */
export function emitCellRow(code: PoolCode, unit: Unit): void {
  const { e, plan } = code;
  const dx = plan.writes[0]!;
  const firstOf = ({ first, start }: Cell, axis: WindowAxis, position: Index): Index =>
    i32.add(i32.mul(i32.sub(position, start), axis.stride), first);
  code.byClass(cells(plan.rows), unit.row, (r) => {
    for (const c of cells(plan.columns)) {
      if (r.extent * c.extent === 0) continue;
      code.along(c, (column) => {
        const top = e.let(firstOf(r, plan.rows, unit.row));
        const left = e.let(firstOf(c, plan.columns, column));
        const origin = e.let(i32.add(i32.mul(top, plan.columns.input), left));
        const starts = [
          ...plan.reads.map((operand) => ({ operand, at: at(unit, operand, unit.row, column) })),
          { operand: dx, at: at(unit, dx, top, left) },
        ];
        code.eachPlanes(unit.count, starts, 1, ([group]) => writeCell(code, group!, r, c, origin));
      });
    }
  });
}

function writeCell(code: PoolCode, group: PlaneGroup, r: Cell, c: Cell, origin: Index): void {
  const { e, plan } = code;
  const [dy, index] = plan.reads as [PoolOperand, PoolOperand | undefined];
  const dx = plan.writes[0]!;
  const zero = constant(e, 0, dx.dtype);
  // Added to 0, as the sum that it is: −0 becomes 0.
  const given = named(e, binary(e, "add", group.read(dy), zero));
  let share: ((row: number, column: number) => Lanes) | undefined;
  if (index !== undefined) {
    const relative = e.let(i32x4.sub(group.read(index).parts[0]!, i32x4.splat(origin)));
    share = (row, column) => {
      const hit = e.let(i32x4.eq(relative, e.i32(row * plan.columns.input + column)));
      const masks = masksFor(hit, dx.dtype);
      return { dtype: dx.dtype, parts: given.parts.map((part, i) => v128.and(part, masks[i]!)) };
    };
  } else {
    const divisor = constant(e, divisorOf(r.span, c.span, plan.countIncludePad), dx.dtype);
    const part = named(e, binary(e, "div", given, divisor));
    share = () => part;
  }
  for (let row = 0; row < r.extent; row++) {
    for (let column = 0; column < c.extent; column++) {
      const covered = row < r.taps && column < c.taps;
      e.scope(() => group.write(dx, covered ? share(row, column) : zero, row * dx.row + column * dx.column));
    }
  }
}

interface Covering {
  /** First and last window that may cover the position. */
  readonly low: Local<"i32">;
  readonly high: Local<"i32">;
  /** The position in coordinates that start with the padding. */
  readonly padded: Index;
}

/** Windows whose first and last taps lie on either side of position i. */
function coveringOf(e: Emitter, axis: WindowAxis, i: Index): Covering {
  const { kernel, stride, padBefore, dilation, output } = axis;
  const padded = e.let(i32.add(i, padBefore));
  const reach = (kernel - 1) * dilation;
  const last = e.let(i32.divU(padded, stride));
  const beyond = e.let(i32.maxS(e.let(i32.sub(padded, reach)), i32.const(0)));
  return {
    low: e.variable(i32.divU(i32.add(beyond, stride - 1), stride)),
    high: e.variable(i32.minS(last, i32.const(output - 1))),
    padded,
  };
}

/** Runs `body` for the windows along an axis that cover a position, in order. */
function eachCovering(
  e: Emitter,
  axis: WindowAxis,
  { low, high, padded }: Covering,
  body: (p: Local<"i32">) => void,
): void {
  const p = e.variable(low);
  e.f.while(
    () => i32.leS(p, high),
    () => {
      const covered = (): void => e.scope(() => body(p));
      if (axis.dilation === 1) covered();
      else e.f.if(i32.eqz(i32.remU(i32.sub(padded, i32.mul(p, axis.stride)), axis.dilation)), covered);
      e.f.increment(p, 1);
    },
  );
}

/** Groups of four planes that go over the windows together. */
const TOGETHER = 4;

/** Emits one row of input positions. */
export function emitCoveredRow(code: PoolCode, unit: Unit): void {
  const { e, plan } = code;
  const dx = plan.writes[0]!;
  const vertical = coveringOf(e, plan.rows, unit.row);
  code.along({ start: 0, end: plan.columns.input }, (column) => {
    const horizontal = coveringOf(e, plan.columns, column);
    const here = e.let(i32x4.splat(i32.add(i32.mul(unit.row, plan.columns.input), column)));
    const starts = [
      ...plan.reads.map((operand) => ({ operand, at: unit.base(operand) })),
      { operand: dx, at: at(unit, dx, unit.row, column) },
    ];
    code.eachPlanes(unit.count, starts, TOGETHER, (groups) => {
      const sums = groups.map(() => constant(e, 0, "float64").parts.map((part) => e.variable(part)));
      eachCovering(e, plan.rows, vertical, (p) => {
        eachCovering(e, plan.columns, horizontal, (q) => {
          const divisor = plan.reads.length > 1 ? undefined : windowDivisor(code, p, q);
          groups.forEach((group, g) => {
            e.scope(() => {
              const term = divisor === undefined ? chosen(code, group, p, q, here) : shared(code, group, p, q, divisor);
              binary(e, "add", lanesOf("float64", ...sums[g]!), term).parts.forEach((part, i) => {
                e.f.set(sums[g]![i]!, part);
              });
            });
          });
        });
      });
      groups.forEach((group, g) => {
        group.write(dx, named(e, cast(e, lanesOf("float64", ...sums[g]!), dx.dtype)));
      });
    });
  });
}

function readAt({ e }: PoolCode, group: PlaneGroup, operand: PoolOperand, p: Index, q: Index): Lanes {
  const offset = i32.add(i32.mul(p, operand.row), i32.mul(q, operand.column));
  const pointer = e.let(i32.add(group.at(operand), offset));
  return readLanes(e, operand.dtype, place(pointer), operand.plane / byteSize(operand.dtype), group.lanes);
}

/** The cotangent where the window's index is this position, else 0. */
function chosen(
  code: PoolCode,
  group: PlaneGroup,
  p: Index,
  q: Index,
  here: Index | ReturnType<typeof i32x4.splat>,
): Lanes {
  const { e, plan } = code;
  const [dy, index] = plan.reads as [PoolOperand, PoolOperand];
  const hit = e.let(i32x4.eq(readAt(code, group, index, p, q).parts[0]!, here as ReturnType<typeof i32x4.splat>));
  const given = readAt(code, group, dy, p, q);
  const masks = masksFor(hit, dy.dtype);
  return cast(e, { dtype: dy.dtype, parts: given.parts.map((part, i) => v128.and(part, masks[i]!)) }, "float64");
}

function windowDivisor(code: PoolCode, p: Index, q: Index): ReturnType<typeof f64x2.splat> {
  const { e, plan } = code;
  const count = e.let(
    i32.mul(countTaps(e, plan.rows, p, plan.countIncludePad), countTaps(e, plan.columns, q, plan.countIncludePad)),
  );
  return e.let(f64x2.splat(f64.convertI32S(e.let(i32.maxS(count, i32.const(1))))));
}

function shared(code: PoolCode, group: PlaneGroup, p: Index, q: Index, divisor: ReturnType<typeof f64x2.splat>): Lanes {
  const { e, plan } = code;
  const given = cast(e, readAt(code, group, plan.reads[0]!, p, q), "float64");
  return mapParts("float64", [given], (part) => f64x2.div(part, divisor));
}
