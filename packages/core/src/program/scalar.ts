/**
 * Scalar expressions: what a `map` computes for one element, and what fusion puts before and after other kernels.
 *
 * A list of instructions in single-assignment form; instruction i may use results of instructions before it.
 * Meaning, for every executor: each instruction is rounded to its dtype, in the order written; multiply and add are
 * never contracted and nothing is reassociated, so a fused expression gives the bits of its parts run one by one.
 *
 * - float32, float64: IEEE; `min` and `max` hand on NaN (like PyTorch); `round` goes half to even.
 *   `pow` is IEEE's (1 to any power is 1); `sign` hands on NaN and the sign of zero.
 * - int32: two's complement, wraps. uint8: modulo 256. bool: 0 or 1; comparisons and logic give bool.
 *   `div` truncates toward zero, a divisor of 0 gives 0; negative powers truncate too. Transcendental functions and
 *   `reciprocal` exist for floats alone, `and`, `or`, `xor`, `shl` and `shrU` (the count modulo 32) for integers alone.
 * - `cast` to an integer truncates toward zero and saturates, NaN gives 0; to bool it is `a ≠ 0`.
 */

import type { DType } from "../tensor/dtype.ts";

export type UnaryName =
  | "neg"
  | "abs"
  | "sign"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sqrt"
  | "reciprocal"
  | "tanh"
  | "sigmoid"
  | "erf"
  | "sin"
  | "cos"
  | "floor"
  | "ceil"
  | "round"
  | "not"
  | "isNaN"
  | "isFinite"; // prettier-ignore

export type BinaryName =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "min"
  | "max"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shrU"; // prettier-ignore

export const unaryNames: readonly UnaryName[] = [
  "neg",
  "abs",
  "sign",
  "exp",
  "expm1",
  "log",
  "log1p",
  "sqrt",
  "reciprocal",
  "tanh",
  "sigmoid",
  "erf",
  "sin",
  "cos",
  "floor",
  "ceil",
  "round",
  "not",
  "isNaN",
  "isFinite",
]; // prettier-ignore

export const binaryNames: readonly BinaryName[] = [
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "min",
  "max",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "and",
  "or",
  "xor",
  "shl",
  "shrU",
]; // prettier-ignore

export type Instruction =
  /** The element of operand `operand` at this index. */
  | { readonly op: "read"; readonly operand: number; readonly dtype: DType }
  | { readonly op: "const"; readonly value: number; readonly dtype: DType }
  /** The index along `axis` of the index space. */
  | { readonly op: "index"; readonly axis: number; readonly dtype: "int32" }
  | { readonly op: UnaryName | "cast"; readonly a: number; readonly dtype: DType }
  | { readonly op: BinaryName; readonly a: number; readonly b: number; readonly dtype: DType }
  /** `a ≠ 0 ? b : c` */
  | { readonly op: "select"; readonly a: number; readonly b: number; readonly c: number; readonly dtype: DType };

export interface ScalarExpression {
  readonly instructions: readonly Instruction[];
  /** The instructions whose values are the results, one per write. */
  readonly results: readonly number[];
}

/** Equal for instructions that compute the same. Constants are told apart by sign too: −0 is not 0. */
function keyOf(i: Instruction): string {
  if (i.op === "read") return `read ${i.operand} ${i.dtype}`;
  if (i.op === "index") return `index ${i.axis}`;
  if (i.op === "const") return `const ${Object.is(i.value, -0) ? "-0" : i.value} ${i.dtype}`;
  if (i.op === "select") return `select ${i.a} ${i.b} ${i.c} ${i.dtype}`;
  return "b" in i ? `${i.op} ${i.a} ${i.b} ${i.dtype}` : `${i.op} ${i.a} ${i.dtype}`;
}

/** Writes a scalar expression; values are instruction numbers, equal instructions are shared. */
export class ScalarBuilder {
  readonly instructions: Instruction[] = [];
  readonly #seen = new Map<string, number>();

  #push(instruction: Instruction): number {
    const key = keyOf(instruction);
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    this.instructions.push(instruction);
    this.#seen.set(key, this.instructions.length - 1);
    return this.instructions.length - 1;
  }

  read(operand: number, dtype: DType): number {
    return this.#push({ op: "read", operand, dtype });
  }
  const(value: number, dtype: DType): number {
    return this.#push({ op: "const", value, dtype });
  }
  index(axis: number): number {
    return this.#push({ op: "index", axis, dtype: "int32" });
  }
  dtypeOf(value: number): DType {
    return (this.instructions[value] as Instruction).dtype;
  }
  /** The result has the dtype of `a`, but for tests, which give bool. */
  unary(op: UnaryName, a: number): number {
    const dtype = op === "not" || op === "isNaN" || op === "isFinite" ? "bool" : this.dtypeOf(a);
    return this.#push({ op, a, dtype });
  }
  /** The result has the dtype of the operands, but for comparisons, which give bool. */
  binary(op: BinaryName, a: number, b: number): number {
    const dtype = isComparison(op) ? "bool" : this.dtypeOf(a);
    return this.#push({ op, a, b, dtype });
  }
  cast(a: number, dtype: DType): number {
    return this.dtypeOf(a) === dtype ? a : this.#push({ op: "cast", a, dtype });
  }
  select(condition: number, whenTrue: number, whenFalse: number): number {
    return this.#push({ op: "select", a: condition, b: whenTrue, c: whenFalse, dtype: this.dtypeOf(whenTrue) });
  }
  /** Appends another expression; `operands` maps its operand numbers, or gives a value to read instead of memory. */
  inline(
    expression: ScalarExpression,
    read: (operand: number, dtype: DType) => number,
    index: (axis: number) => number,
  ): number[] {
    const at: number[] = [];
    for (const i of expression.instructions) at.push(this.#copy(i, at, read, index));
    return expression.results.map((r) => at[r] as number);
  }
  #copy(
    i: Instruction,
    at: number[],
    read: (operand: number, dtype: DType) => number,
    index: (axis: number) => number,
  ): number {
    if (i.op === "read") return read(i.operand, i.dtype);
    if (i.op === "index") return index(i.axis);
    if (i.op === "const") return this.#push(i);
    if (i.op === "select")
      return this.#push({ ...i, a: at[i.a] as number, b: at[i.b] as number, c: at[i.c] as number });
    if ("b" in i) return this.#push({ ...i, a: at[i.a] as number, b: at[i.b] as number });
    return this.#push({ ...i, a: at[i.a] as number });
  }
  /** The finished expression, without instructions that no result needs. */
  build(results: readonly number[]): ScalarExpression {
    return prune({ instructions: this.instructions, results });
  }
}

export function isComparison(op: string): boolean {
  return op === "eq" || op === "ne" || op === "lt" || op === "le" || op === "gt" || op === "ge";
}

/** The instruction's operands, as instruction numbers. */
export function argumentsOf(i: Instruction): number[] {
  if (i.op === "read" || i.op === "const" || i.op === "index") return [];
  if (i.op === "select") return [i.a, i.b, i.c];
  return "b" in i ? [i.a, i.b] : [i.a];
}

/** Drops instructions that no result needs. */
export function prune(expression: ScalarExpression): ScalarExpression {
  const { instructions, results } = expression;
  const used = new Array<boolean>(instructions.length).fill(false);
  for (const r of results) used[r] = true;
  for (let i = instructions.length - 1; i >= 0; i--) {
    if (used[i]) for (const a of argumentsOf(instructions[i] as Instruction)) used[a] = true;
  }
  if (used.every(Boolean)) return expression;
  const moved: number[] = [];
  const kept: Instruction[] = [];
  for (let i = 0; i < instructions.length; i++) {
    moved.push(kept.length);
    if (!used[i]) continue;
    const from = instructions[i] as Instruction & { a?: number; b?: number; c?: number };
    const to = { ...from };
    if (from.a !== undefined) to.a = moved[from.a] as number;
    if (from.b !== undefined) to.b = moved[from.b] as number;
    if (from.c !== undefined) to.c = moved[from.c] as number;
    kept.push(to as Instruction);
  }
  return { instructions: kept, results: results.map((r) => moved[r] as number) };
}

/** Numbers of arithmetic instructions: what the cost of one element is taken to be. */
export function flopsOf(expression: ScalarExpression): number {
  return expression.instructions.filter(
    (i) => i.op !== "read" && i.op !== "const" && i.op !== "index" && i.op !== "cast",
  ).length;
}

/** The expression that hands operand 0 on. */
export function identityExpression(dtype: DType): ScalarExpression {
  return { instructions: [{ op: "read", operand: 0, dtype }], results: [0] };
}

/** `exp(r0 − r1)` */
export function formatExpression(
  expression: ScalarExpression,
  names: (operand: number) => string = (i) => `r${i}`,
): string {
  const infix: Partial<Record<string, string>> = {
    add: "+",
    sub: "−",
    mul: "·",
    div: "/",
    eq: "=",
    ne: "≠",
    lt: "<",
    le: "≤",
    gt: ">",
    ge: "≥",
  };
  const text: string[] = [];
  for (const i of expression.instructions) {
    const [a, b, c] = argumentsOf(i).map((n) => text[n] as string);
    if (i.op === "read") text.push(names(i.operand));
    else if (i.op === "const") text.push(`${i.value}`);
    else if (i.op === "index") text.push(`i${i.axis}`);
    else if (i.op === "cast") text.push(`${i.dtype}(${a})`);
    else if (i.op === "select") text.push(`(${a} ? ${b} : ${c})`);
    else if (b === undefined) text.push(`${i.op}(${a})`);
    else text.push(infix[i.op] === undefined ? `${i.op}(${a}, ${b})` : `(${a} ${infix[i.op]} ${b})`);
  }
  return expression.results.map((r) => text[r]).join("; ");
}
