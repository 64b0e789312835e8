/**
 * Scalar instructions, grouped by type as the specification names them: `i32.add`, `f32.load`, `f64.sqrt`.
 * Suffixes S and U say signed or unsigned. i32 addition, subtraction and multiplication fold constants, because
 * generators write addresses as sums of runtime parts and sizes that are known.
 */

import { load, store } from "./memory.ts";
import {
  binary,
  f32Const,
  f64Const,
  i32Const,
  i64Const,
  type Operand,
  operand,
  unary,
  Value,
  type ValueType,
} from "./value.ts";

function comparisons<T extends "i32" | "i64">(type: T, base: number) {
  const compare = (index: number) => binary(type, type, "i32", [base + index]);
  return {
    eqz: unary(type, "i32", [base]),
    eq: compare(1),
    ne: compare(2),
    ltS: compare(3),
    ltU: compare(4),
    gtS: compare(5),
    gtU: compare(6),
    leS: compare(7),
    leU: compare(8),
    geS: compare(9),
    geU: compare(10),
  };
}

function integer<T extends "i32" | "i64">(type: T, base: number) {
  const op = (index: number) => binary(type, type, type, [base + index]);
  return {
    clz: unary(type, type, [base]),
    ctz: unary(type, type, [base + 1]),
    popcnt: unary(type, type, [base + 2]),
    add: op(3),
    sub: op(4),
    mul: op(5),
    divS: op(6),
    divU: op(7),
    remS: op(8),
    remU: op(9),
    and: op(10),
    or: op(11),
    xor: op(12),
    shl: op(13),
    shrS: op(14),
    shrU: op(15),
    rotl: op(16),
    rotr: op(17),
  };
}

function float<T extends "f32" | "f64">(type: T, compareBase: number, base: number) {
  const compare = (index: number) => binary(type, type, "i32", [compareBase + index]);
  const one = (index: number) => unary(type, type, [base + index]);
  const two = (index: number) => binary(type, type, type, [base + index]);
  return {
    eq: compare(0),
    ne: compare(1),
    lt: compare(2),
    gt: compare(3),
    le: compare(4),
    ge: compare(5),
    abs: one(0),
    neg: one(1),
    ceil: one(2),
    floor: one(3),
    trunc: one(4),
    nearest: one(5),
    sqrt: one(6),
    add: two(7),
    sub: two(8),
    mul: two(9),
    div: two(10),
    min: two(11),
    max: two(12),
    copysign: two(13),
  };
}

const plain = integer("i32", 0x67);

/** Sum with folding: constants combine and end up rightmost, so `(p + 16) + 16` is `p + 32`. */
function addI32(a: Operand<"i32">, b: Operand<"i32">): Value<"i32"> {
  const x = operand("i32", a);
  const y = operand("i32", b);
  if (x.constant !== undefined && y.constant !== undefined) return i32Const((x.constant + y.constant) | 0);
  if (x.constant !== undefined) return addI32(y, x);
  if (y.constant === undefined) return plain.add(x, y);
  if (y.constant === 0) return x;
  const [left, right] = x.operands;
  if (x.code.length === 1 && x.code[0] === 0x6a && right?.constant !== undefined) {
    return addI32(left as Value<"i32">, i32Const((right.constant + y.constant) | 0));
  }
  return plain.add(x, y);
}

function mulI32(a: Operand<"i32">, b: Operand<"i32">): Value<"i32"> {
  const x = operand("i32", a);
  const y = operand("i32", b);
  if (x.constant !== undefined && y.constant !== undefined) return i32Const(Math.imul(x.constant, y.constant));
  if (x.constant !== undefined) return mulI32(y, x);
  if (y.constant === 0) return i32Const(0);
  if (y.constant === 1) return x;
  return plain.mul(x, y);
}

export const i32 = {
  ...comparisons("i32", 0x45),
  ...plain,
  const: i32Const,
  add: addI32,
  mul: mulI32,
  sub: (a: Operand<"i32">, b: Operand<"i32">): Value<"i32"> => {
    const y = operand("i32", b);
    return y.constant === undefined ? plain.sub(a, y) : addI32(a, i32Const(-y.constant | 0));
  },
  /** Smaller of two, as signed integers. The operands are evaluated twice: pass locals or constants. */
  minS: (a: Operand<"i32">, b: Operand<"i32">): Value<"i32"> => select(a, b, i32.ltS(a, b), "i32"),
  maxS: (a: Operand<"i32">, b: Operand<"i32">): Value<"i32"> => select(a, b, i32.gtS(a, b), "i32"),
  wrapI64: unary("i64", "i32", [0xa7]),
  truncSatF32S: unary("f32", "i32", [0xfc, 0]),
  truncSatF32U: unary("f32", "i32", [0xfc, 1]),
  truncSatF64S: unary("f64", "i32", [0xfc, 2]),
  truncSatF64U: unary("f64", "i32", [0xfc, 3]),
  reinterpretF32: unary("f32", "i32", [0xbc]),
  extend8S: unary("i32", "i32", [0xc0]),
  extend16S: unary("i32", "i32", [0xc1]),
  load: load("i32", [0x28], 2),
  load8S: load("i32", [0x2c], 0),
  load8U: load("i32", [0x2d], 0),
  load16S: load("i32", [0x2e], 1),
  load16U: load("i32", [0x2f], 1),
  store: store("i32", [0x36], 2),
  store8: store("i32", [0x3a], 0),
  store16: store("i32", [0x3b], 1),
} as const;

export const i64 = {
  ...comparisons("i64", 0x50),
  ...integer("i64", 0x79),
  const: i64Const,
  extendI32S: unary("i32", "i64", [0xac]),
  extendI32U: unary("i32", "i64", [0xad]),
  truncSatF32S: unary("f32", "i64", [0xfc, 4]),
  truncSatF32U: unary("f32", "i64", [0xfc, 5]),
  truncSatF64S: unary("f64", "i64", [0xfc, 6]),
  truncSatF64U: unary("f64", "i64", [0xfc, 7]),
  reinterpretF64: unary("f64", "i64", [0xbd]),
  load: load("i64", [0x29], 3),
  load32S: load("i64", [0x34], 2),
  load32U: load("i64", [0x35], 2),
  store: store("i64", [0x37], 3),
  store32: store("i64", [0x3e], 2),
} as const;

export const f32 = {
  ...float("f32", 0x5b, 0x8b),
  const: f32Const,
  convertI32S: unary("i32", "f32", [0xb2]),
  convertI32U: unary("i32", "f32", [0xb3]),
  convertI64S: unary("i64", "f32", [0xb4]),
  convertI64U: unary("i64", "f32", [0xb5]),
  demoteF64: unary("f64", "f32", [0xb6]),
  reinterpretI32: unary("i32", "f32", [0xbe]),
  load: load("f32", [0x2a], 2),
  store: store("f32", [0x38], 2),
} as const;

export const f64 = {
  ...float("f64", 0x61, 0x99),
  const: f64Const,
  convertI32S: unary("i32", "f64", [0xb7]),
  convertI32U: unary("i32", "f64", [0xb8]),
  convertI64S: unary("i64", "f64", [0xb9]),
  convertI64U: unary("i64", "f64", [0xba]),
  promoteF32: unary("f32", "f64", [0xbb]),
  reinterpretI64: unary("i64", "f64", [0xbf]),
  load: load("f64", [0x2b], 3),
  store: store("f64", [0x39], 3),
} as const;

/** `condition ? a : b` without a branch; both sides are evaluated. */
export function select<T extends ValueType>(
  a: Operand<T>,
  b: Operand<T>,
  condition: Operand<"i32">,
  type?: T,
): Value<T> {
  const known = type ?? (a instanceof Value ? a.type : b instanceof Value ? b.type : undefined);
  if (known === undefined) throw new TypeError("select of two plain numbers needs its type");
  const valueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }[known as ValueType];
  // 0x1c is select with its type written out; the short form exists for numeric types only.
  const code = valueType === 0x7b ? [0x1c, 1, valueType] : [0x1b];
  return new Value(known as T, [operand(known as T, a), operand(known as T, b), operand("i32", condition)], code);
}
