/**
 * Expressions of the assembler. A `Value` is a tree: operands, then the bytes of one instruction. Writing it out in
 * post-order is the stack code. Values are pure descriptions: nothing is computed until a `FunctionBuilder` emits
 * them, and one used twice is computed twice (`FunctionBuilder.let` names it in a local instead). A local in a tree is
 * read when that tree runs, not when it was built.
 */

import { type ByteSink, float32Bytes, float64Bytes, signedLeb, unsignedLeb } from "./bytes.ts";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";
/** What an instruction leaves behind; "void" marks a statement such as a store. */
export type ResultType = ValueType | "void";

export class Value<T extends ResultType = ResultType> {
  readonly type: T;
  readonly operands: readonly Value[];
  readonly code: readonly number[];
  /** Set for constants of i32, f32 and f64, so that address arithmetic folds. */
  readonly constant: number | undefined;

  constructor(type: T, operands: readonly Value[], code: readonly number[], constant?: number) {
    this.type = type;
    this.operands = operands;
    this.code = code;
    this.constant = constant;
  }

  write(sink: ByteSink): void {
    for (const operand of this.operands) operand.write(sink);
    sink.bytes(this.code);
  }
}

/** A statement: stores, calls without result, fences. Given to `FunctionBuilder.do`. */
export type Statement = Value<"void">;

/** A local variable or parameter; as a value, its content at the time the expression runs. */
export class Local<T extends ValueType = ValueType> extends Value<T> {
  readonly index: number;

  constructor(type: T, index: number) {
    super(type, [], [0x20, ...unsignedLeb(index)]);
    this.index = index;
  }
}

/** A value, or a plain number where the type has one (bigint too for i64). */
export type Operand<T extends ValueType> =
  | Value<T>
  | (T extends "v128" ? never : T extends "i64" ? number | bigint : number);

export function i32Const(value: number): Value<"i32"> {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) {
    throw new RangeError(`i32 constant out of range: ${value}`);
  }
  const signed = value | 0;
  return new Value("i32", [], [0x41, ...signedLeb(signed)], signed);
}

export function i64Const(value: number | bigint): Value<"i64"> {
  return new Value("i64", [], [0x42, ...signedLeb(BigInt.asIntN(64, BigInt(value)))]);
}

export function f32Const(value: number): Value<"f32"> {
  return new Value("f32", [], [0x43, ...float32Bytes(value)], Math.fround(value));
}

export function f64Const(value: number): Value<"f64"> {
  return new Value("f64", [], [0x44, ...float64Bytes(value)], value);
}

const constants = { i32: i32Const, i64: i64Const, f32: f32Const, f64: f64Const } as const;

/** The value itself, or the constant that a plain number stands for. */
export function operand<T extends ValueType>(type: T, value: Operand<T>): Value<T> {
  if (value instanceof Value) {
    if (value.type !== type) throw new TypeError(`expected ${type}, got ${value.type}`);
    return value as Value<T>;
  }
  if (type === "v128") throw new TypeError("a v128 operand must be a Value; use f32x4.splat or v128.const");
  const make = constants[type as "i32" | "i64" | "f32" | "f64"] as (value: number | bigint) => Value;
  return make(value as number | bigint) as Value<T>;
}

type Unary<A extends ValueType, R extends ResultType> = (a: Operand<A>) => Value<R>;
type Binary<A extends ValueType, B extends ValueType, R extends ResultType> = (
  a: Operand<A>,
  b: Operand<B>,
) => Value<R>;
type Ternary<A extends ValueType, R extends ResultType> = (a: Operand<A>, b: Operand<A>, c: Operand<A>) => Value<R>;

/** Constructors of instruction builders; `code` is the opcode with its prefix already encoded. */
export function unary<A extends ValueType, R extends ValueType>(a: A, result: R, code: readonly number[]): Unary<A, R> {
  return (x) => new Value(result, [operand(a, x)], code);
}

export function binary<A extends ValueType, B extends ValueType, R extends ValueType>(
  a: A,
  b: B,
  result: R,
  code: readonly number[],
): Binary<A, B, R> {
  return (x, y) => new Value(result, [operand(a, x), operand(b, y)], code);
}

export function ternary<A extends ValueType, R extends ValueType>(
  a: A,
  result: R,
  code: readonly number[],
): Ternary<A, R> {
  return (x, y, z) => new Value(result, [operand(a, x), operand(a, y), operand(a, z)], code);
}
