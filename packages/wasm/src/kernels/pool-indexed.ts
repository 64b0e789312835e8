/**
 * Pools by an index that may point anywhere in the plane, plane by plane: `maxTake` reads there, `maxGradient` adds there
 * (windows in row-major order) after the whole plane is cleared. −1 stands for no place.
 */

import { byteSize, type DType } from "@prewitt/core";
import { f32, f64, i32, i64, type Local, type Statement } from "../assembler/index.ts";
import type { Index } from "./emitter.ts";
import type { PlaneGroup, PoolCode, Unit } from "./pool-code.ts";
import type { PoolOperand } from "./pool-plan.ts";

const at = (unit: Unit, operand: PoolOperand, row: Index, column: Index): Index =>
  i32.add(i32.add(unit.base(operand), i32.mul(row, operand.row)), i32.mul(column, operand.column));

/** Byte offset of position `flat` of a plane. */
function offsetOf({ e, plan }: PoolCode, operand: PoolOperand, flat: Local<"i32">): Index {
  const width = plan.columns.input;
  if (operand.row === width * operand.column) return i32.mul(flat, operand.column);
  const row = e.let(i32.divU(flat, width));
  return i32.add(i32.mul(row, operand.row), i32.mul(i32.sub(flat, i32.mul(row, width)), operand.column));
}

function copyElement(dtype: DType, to: Index, from: Index): Statement {
  const bytes = byteSize(dtype);
  if (bytes === 8) return i64.store(to, i64.load(from));
  return bytes === 4 ? i32.store(to, i32.load(from)) : i32.store8(to, i32.load8U(from));
}

function clearElement(dtype: DType, to: Index): Statement {
  const bytes = byteSize(dtype);
  if (bytes === 8) return i64.store(to, 0);
  return bytes === 4 ? i32.store(to, 0) : i32.store8(to, 0);
}

function addElement(dtype: DType, to: Index, from: Index): Statement {
  switch (dtype) {
    case "float32":
      return f32.store(to, f32.add(f32.load(to), f32.load(from)));
    case "float64":
      return f64.store(to, f64.add(f64.load(to), f64.load(from)));
    case "int32":
      return i32.store(to, i32.add(i32.load(to), i32.load(from)));
    default:
      return i32.store8(to, i32.add(i32.load8U(to), i32.load8U(from)));
  }
}

/** Emits `body` with the addresses of each lane of a group. */
function eachLane(
  { e }: PoolCode,
  group: PlaneGroup,
  operands: readonly PoolOperand[],
  body: (addresses: Local<"i32">[]) => void,
): void {
  for (let lane = 0; lane < group.lanes; lane++) {
    e.scope(() => body(operands.map((o) => e.variable(i32.add(group.at(o), lane * o.plane)))));
  }
}

/** One row of windows: y = x[index], or 0. */
export function emitTakeRow(code: PoolCode, unit: Unit): void {
  const { e, plan } = code;
  const [x, index] = plan.reads as [PoolOperand, PoolOperand];
  const y = plan.writes[0]!;
  code.along({ start: 0, end: plan.columns.output }, (column) => {
    const starts = [
      { operand: x, at: unit.base(x) },
      { operand: index, at: at(unit, index, unit.row, column) },
      { operand: y, at: at(unit, y, unit.row, column) },
    ];
    code.eachPlanes(unit.count, starts, 1, ([group]) => {
      eachLane(code, group!, [x, index, y], ([from, where, to]) => {
        const flat = e.variable(i32.load(where!));
        e.f.if(
          i32.geS(flat, 0),
          () => e.f.do(copyElement(x.dtype, to!, e.let(i32.add(from!, offsetOf(code, x, flat))))),
          () => e.f.do(clearElement(x.dtype, to!)),
        );
      });
    });
  });
}

/** Whole planes: dx = 0, then dx[index] += dy. */
export function emitScatteredPlanes(code: PoolCode, unit: Unit): void {
  const { e, plan } = code;
  const [dy, index] = plan.reads as [PoolOperand, PoolOperand];
  const dx = plan.writes[0]!;
  const overPlane = (rows: number, columns: number, body: (row: Local<"i32">, column: Local<"i32">) => void): void => {
    if (rows * columns === 0) return;
    code.along({ start: 0, end: rows }, (row) => code.along({ start: 0, end: columns }, (column) => body(row, column)));
  };
  overPlane(plan.rows.input, plan.columns.input, (row, column) => {
    code.eachPlanes(unit.count, [{ operand: dx, at: at(unit, dx, row, column) }], 1, ([group]) => {
      eachLane(code, group!, [dx], ([to]) => e.f.do(clearElement(dx.dtype, to!)));
    });
  });
  overPlane(plan.rows.output, plan.columns.output, (row, column) => {
    const starts = [
      { operand: dy, at: at(unit, dy, row, column) },
      { operand: index, at: at(unit, index, row, column) },
      { operand: dx, at: unit.base(dx) },
    ];
    code.eachPlanes(unit.count, starts, 1, ([group]) => {
      eachLane(code, group!, [dy, index, dx], ([from, where, to]) => {
        const flat = e.variable(i32.load(where!));
        e.f.if(i32.geS(flat, 0), () => {
          e.f.do(addElement(dx.dtype, e.let(i32.add(to!, offsetOf(code, dx, flat))), from!));
        });
      });
    });
  });
}
