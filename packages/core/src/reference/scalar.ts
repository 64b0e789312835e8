/**
 * Scalar expressions made runnable: as JavaScript statements for generated loops, and as closures for places where
 * code may not be generated (a content security policy without `unsafe-eval`). Both round every instruction to its
 * dtype, so a fused expression gives the bits of its parts run one by one.
 *
 * A value of any dtype is a JavaScript number: float32 already rounded, int32 in range, uint8 in 0 … 255, bool 0 or 1.
 */

import { ProgramError } from "../errors/errors.ts";
import { argumentsOf, type Instruction, isComparison, type ScalarExpression } from "../program/scalar.ts";
import { type DType, isFloat } from "../tensor/dtype.ts";
import { divideInt, erf, pow, powInt, roundEven, sigmoid, toInt32, toUint8 } from "./math.ts";

type Unary = (a: number) => number;
type Binary = (a: number, b: number) => number;

/** Functions that statements call by name. */
export const scalarLibrary = { erf, sigmoid, roundEven, pow, powInt, divideInt, toInt32, toUint8 };

interface Meaning<F> {
  readonly text: (...args: string[]) => string;
  readonly call: F;
}

const floatUnary: Partial<Record<string, Meaning<Unary>>> = {
  neg: { text: (a) => `-${a}`, call: (a) => -a },
  abs: { text: (a) => `Math.abs(${a})`, call: Math.abs },
  sign: { text: (a) => `Math.sign(${a})`, call: Math.sign },
  exp: { text: (a) => `Math.exp(${a})`, call: Math.exp },
  expm1: { text: (a) => `Math.expm1(${a})`, call: Math.expm1 },
  log: { text: (a) => `Math.log(${a})`, call: Math.log },
  log1p: { text: (a) => `Math.log1p(${a})`, call: Math.log1p },
  sqrt: { text: (a) => `Math.sqrt(${a})`, call: Math.sqrt },
  reciprocal: { text: (a) => `1 / ${a}`, call: (a) => 1 / a },
  tanh: { text: (a) => `Math.tanh(${a})`, call: Math.tanh },
  sigmoid: { text: (a) => `sigmoid(${a})`, call: sigmoid },
  erf: { text: (a) => `erf(${a})`, call: erf },
  sin: { text: (a) => `Math.sin(${a})`, call: Math.sin },
  cos: { text: (a) => `Math.cos(${a})`, call: Math.cos },
  floor: { text: (a) => `Math.floor(${a})`, call: Math.floor },
  ceil: { text: (a) => `Math.ceil(${a})`, call: Math.ceil },
  round: { text: (a) => `roundEven(${a})`, call: roundEven },
};

const same: Meaning<Unary> = { text: (a) => `${a}`, call: (a) => a };

const intUnary: Partial<Record<string, Meaning<Unary>>> = {
  neg: { text: (a) => `-${a}`, call: (a) => -a },
  abs: { text: (a) => `Math.abs(${a})`, call: Math.abs },
  sign: { text: (a) => `Math.sign(${a})`, call: Math.sign },
  floor: same,
  ceil: same,
  round: same,
};

const test: Partial<Record<string, Meaning<Unary>>> = {
  not: { text: (a) => `(${a} === 0 ? 1 : 0)`, call: (a) => (a === 0 ? 1 : 0) },
  isNaN: { text: (a) => `(${a} !== ${a} ? 1 : 0)`, call: (a) => (Number.isNaN(a) ? 1 : 0) },
  isFinite: { text: (a) => `(${a} - ${a} === 0 ? 1 : 0)`, call: (a) => (a - a === 0 ? 1 : 0) },
};

const floatBinary: Partial<Record<string, Meaning<Binary>>> = {
  add: { text: (a, b) => `${a} + ${b}`, call: (a, b) => a + b },
  sub: { text: (a, b) => `${a} - ${b}`, call: (a, b) => a - b },
  mul: { text: (a, b) => `${a} * ${b}`, call: (a, b) => a * b },
  div: { text: (a, b) => `${a} / ${b}`, call: (a, b) => a / b },
  pow: { text: (a, b) => `pow(${a}, ${b})`, call: pow },
  min: { text: (a, b) => `Math.min(${a}, ${b})`, call: (a, b) => Math.min(a, b) },
  max: { text: (a, b) => `Math.max(${a}, ${b})`, call: (a, b) => Math.max(a, b) },
};

const intBinary: Partial<Record<string, Meaning<Binary>>> = {
  add: { text: (a, b) => `${a} + ${b}`, call: (a, b) => a + b },
  sub: { text: (a, b) => `${a} - ${b}`, call: (a, b) => a - b },
  mul: { text: (a, b) => `Math.imul(${a}, ${b})`, call: Math.imul },
  div: { text: (a, b) => `divideInt(${a}, ${b})`, call: divideInt },
  pow: { text: (a, b) => `powInt(${a}, ${b})`, call: powInt },
  min: { text: (a, b) => `Math.min(${a}, ${b})`, call: (a, b) => Math.min(a, b) },
  max: { text: (a, b) => `Math.max(${a}, ${b})`, call: (a, b) => Math.max(a, b) },
  and: { text: (a, b) => `${a} & ${b}`, call: (a, b) => a & b },
  or: { text: (a, b) => `${a} | ${b}`, call: (a, b) => a | b },
  xor: { text: (a, b) => `${a} ^ ${b}`, call: (a, b) => a ^ b },
  shl: { text: (a, b) => `${a} << ${b}`, call: (a, b) => a << b },
  shrU: { text: (a, b) => `${a} >>> ${b}`, call: (a, b) => a >>> b },
};

const comparison: Partial<Record<string, Meaning<Binary>>> = {
  eq: { text: (a, b) => `(${a} === ${b} ? 1 : 0)`, call: (a, b) => (a === b ? 1 : 0) },
  ne: { text: (a, b) => `(${a} !== ${b} ? 1 : 0)`, call: (a, b) => (a !== b ? 1 : 0) },
  lt: { text: (a, b) => `(${a} < ${b} ? 1 : 0)`, call: (a, b) => (a < b ? 1 : 0) },
  le: { text: (a, b) => `(${a} <= ${b} ? 1 : 0)`, call: (a, b) => (a <= b ? 1 : 0) },
  gt: { text: (a, b) => `(${a} > ${b} ? 1 : 0)`, call: (a, b) => (a > b ? 1 : 0) },
  ge: { text: (a, b) => `(${a} >= ${b} ? 1 : 0)`, call: (a, b) => (a >= b ? 1 : 0) },
};

/** How a raw result is brought into its dtype. */
const rounding: Record<DType, Meaning<Unary>> = {
  float32: { text: (a) => `Math.fround(${a})`, call: Math.fround },
  float64: same,
  int32: { text: (a) => `(${a}) | 0`, call: (a) => a | 0 },
  uint8: { text: (a) => `(${a}) & 255`, call: (a) => a & 255 },
  bool: { text: (a) => `(${a}) !== 0 ? 1 : 0`, call: (a) => (a !== 0 ? 1 : 0) },
};

const casts: Record<DType, Meaning<Unary>> = {
  float32: rounding.float32,
  float64: same,
  int32: { text: (a) => `toInt32(${a})`, call: toInt32 },
  uint8: { text: (a) => `toUint8(${a})`, call: toUint8 },
  bool: rounding.bool,
};

/** `value` as an element of `dtype`. */
export function castValue(value: number, dtype: DType): number {
  return casts[dtype].call(value);
}

function unaryMeaning(op: string, dtype: DType): Meaning<Unary> {
  const found = test[op] ?? (isFloat(dtype) ? floatUnary : intUnary)[op];
  if (found === undefined) throw new ProgramError(`there is no ${op} of ${dtype}: cast to a float dtype first`);
  return found;
}

function binaryMeaning(op: string, dtype: DType): Meaning<Binary> {
  const found = isComparison(op) ? comparison[op] : (isFloat(dtype) ? floatBinary : intBinary)[op];
  if (found === undefined) throw new ProgramError(`there is no ${op} of ${dtype}`);
  return found;
}

function literal(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

export interface ScalarStatements {
  readonly lines: readonly string[];
  /** The expressions that hold the results. */
  readonly results: readonly string[];
}

/** The expression as statements that define `<prefix>0`, `<prefix>1`, …; `read` and `index` say what to load. */
export function scalarStatements(
  expression: ScalarExpression,
  prefix: string,
  read: (operand: number) => string,
  index: (axis: number) => string,
): ScalarStatements {
  const { instructions, results } = expression;
  const dtypeAt = (n: number): DType => instructions[n]!.dtype;
  const lines = instructions.map((i, n) => {
    const [a = "", b = "", c = ""] = argumentsOf(i).map((k) => `${prefix}${k}`);
    let value: string;
    if (i.op === "read") value = read(i.operand);
    else if (i.op === "const") value = literal(castValue(i.value, i.dtype));
    else if (i.op === "index") value = index(i.axis);
    else if (i.op === "select") value = `${a} !== 0 ? ${b} : ${c}`;
    else if (i.op === "cast") value = casts[i.dtype].text(a);
    else if ("b" in i) value = rounded(i, binaryMeaning(i.op, dtypeAt(i.a)).text(a, b));
    else value = rounded(i, unaryMeaning(i.op, dtypeAt(i.a)).text(a));
    return `const ${prefix}${n} = ${value};`;
  });
  return { lines, results: results.map((r) => `${prefix}${r}`) };
}

function rounded(i: Instruction, raw: string): string {
  return isComparison(i.op) || test[i.op] !== undefined ? raw : rounding[i.dtype].text(raw);
}

/** Computes the results from the values of the reads (by operand) and the index (by axis). */
export type ScalarClosure = (reads: ArrayLike<number>, index: ArrayLike<number>, results: number[]) => void;

/** The expression as a closure over one function per instruction. */
export function scalarClosure(expression: ScalarExpression): ScalarClosure {
  const { instructions, results } = expression;
  const values = new Float64Array(instructions.length);
  type Step = (reads: ArrayLike<number>, index: ArrayLike<number>) => number;
  const steps: Step[] = instructions.map((i): Step => {
    if (i.op === "read") return (reads) => reads[i.operand]!;
    if (i.op === "index") return (_, index) => index[i.axis]!;
    if (i.op === "const") {
      const value = castValue(i.value, i.dtype);
      return () => value;
    }
    if (i.op === "select") return () => (values[i.a] !== 0 ? values[i.b]! : values[i.c]!);
    if (i.op === "cast") return () => castValue(values[i.a]!, i.dtype);
    const round = rounding[i.dtype].call;
    if ("b" in i) {
      const call = binaryMeaning(i.op, instructions[i.a]!.dtype).call;
      return () => round(call(values[i.a]!, values[i.b]!));
    }
    const call = unaryMeaning(i.op, instructions[i.a]!.dtype).call;
    return () => round(call(values[i.a]!));
  });
  return (reads, index, out) => {
    for (let n = 0; n < steps.length; n++) values[n] = steps[n]!(reads, index);
    for (let r = 0; r < results.length; r++) out[r] = values[results[r]!]!;
  };
}
