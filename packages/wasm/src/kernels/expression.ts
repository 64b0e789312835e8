/**
 * Emits a scalar expression for four lanes. Instructions that stay the same in an inner loop are computed before it:
 * the caller says at which loop level each read and each index changes, and emits the levels from the outside in.
 */

import {
  argumentsOf,
  type DType,
  type Instruction,
  isComparison,
  ProgramError,
  type ScalarExpression,
} from "@prewitt/core";
import type { Emitter } from "./emitter.ts";
import { binary, extremumWithConstant, shiftByConstant, unary } from "./lane-arithmetic.ts";
import { cast, constant, type Lanes, maskOf, named, select } from "./lanes.ts";

/** 0: the same everywhere; 1: changes from row to row; 2: changes inside the innermost loop. */
export type Level = 0 | 1 | 2;

export interface Levels {
  read(operand: number): Level;
  index(axis: number): Level;
}

/** What an expression reads. */
export interface Inputs {
  read(operand: number, dtype: DType): Lanes;
  /** int32 */
  index(axis: number): Lanes;
}

export class ExpressionEmitter {
  readonly expression: ScalarExpression;
  readonly #given: Levels;
  readonly #levels: readonly Level[];
  readonly #uses: readonly number[];
  readonly #values: (Lanes | undefined)[] = [];

  constructor(expression: ScalarExpression, levels: Levels) {
    const { instructions, results } = expression;
    this.expression = expression;
    this.#given = levels;
    const found: Level[] = [];
    const uses = new Array<number>(instructions.length).fill(0);
    for (const i of instructions) {
      const own = i.op === "read" ? levels.read(i.operand) : i.op === "index" ? levels.index(i.axis) : 0;
      const args = argumentsOf(i);
      found.push(Math.max(own, ...args.map((a) => found[a]!)) as Level);
      for (const a of args) uses[a] = uses[a]! + 1;
    }
    for (const r of results) uses[r] = uses[r]! + 1;
    this.#levels = found;
    this.#uses = uses;
  }

  /** A copy for another unrolled body, with the values that `before` has computed so far. */
  fork(): ExpressionEmitter {
    const copy = new ExpressionEmitter(this.expression, this.#given);
    copy.#values.push(...this.#values);
    return copy;
  }

  /** Number of instructions that run in the innermost loop; transcendental functions count as many. */
  get cost(): number {
    return this.expression.instructions.reduce((sum, i, n) => sum + (this.#levels[n] === 2 ? costOf(i) : 0), 0);
  }

  /** The level of a result: 2 unless it is the same all along the innermost loop. */
  levelOf(result: number): Level {
    return this.#levels[this.expression.results[result]!]!;
  }

  /** Emits the instructions of one level below 2. Their values are kept in locals of the current scope. */
  before(e: Emitter, level: 0 | 1, inputs: Inputs): void {
    this.expression.instructions.forEach((instruction, n) => {
      if (this.#levels[n] !== level) return;
      const value = this.#emit(e, instruction, this.#values, inputs);
      this.#values[n] = instruction.op === "const" ? value : named(e, value);
    });
  }

  /** Emits the rest and returns the results under names, for stores that may overlap what was read. */
  results(e: Emitter, inputs: Inputs): Lanes[] {
    const values = [...this.#values];
    this.expression.instructions.forEach((instruction, n) => {
      if (this.#levels[n] !== 2) return;
      const value = this.#emit(e, instruction, values, inputs);
      values[n] = this.#uses[n]! > 1 ? named(e, value) : value;
    });
    return this.expression.results.map((r) => named(e, values[r]!));
  }

  #emit(e: Emitter, i: Instruction, values: readonly (Lanes | undefined)[], inputs: Inputs): Lanes {
    switch (i.op) {
      case "read":
        return inputs.read(i.operand, i.dtype);
      case "const":
        return constant(e, i.value, i.dtype);
      case "index":
        return inputs.index(i.axis);
      case "cast":
        return cast(e, values[i.a]!, i.dtype);
      case "select":
        return select(e, maskOf(e, values[i.a]!), values[i.b]!, values[i.c]!);
      default:
        return checked(i, "b" in i ? this.#binary(e, i, values) : unary(e, i.op, values[i.a]!));
    }
  }

  #binary(
    e: Emitter,
    i: Extract<Instruction, { b: number; op: string }>,
    values: readonly (Lanes | undefined)[],
  ): Lanes {
    const [a, b] = [values[i.a]!, values[i.b]!];
    if (i.op === "select") throw new ProgramError("select has three arguments");
    const [left, right] = [this.#constantOf(i.a), this.#constantOf(i.b)];
    if (i.op === "max" || i.op === "min") {
      const fast =
        right !== undefined
          ? extremumWithConstant(e, i.op, a, right)
          : left !== undefined
            ? extremumWithConstant(e, i.op, b, left)
            : undefined;
      if (fast !== undefined) return fast;
    }
    return (right !== undefined ? shiftByConstant(e, i.op, a, right) : undefined) ?? binary(e, i.op, a, b);
  }

  #constantOf(n: number): number | undefined {
    const i = this.expression.instructions[n]!;
    return i.op === "const" ? i.value : undefined;
  }
}

/** An instruction says the dtype of its result; every executor must agree on it. */
function checked(i: Instruction, value: Lanes): Lanes {
  if (value.dtype !== i.dtype) throw new ProgramError(`${i.op} gives ${value.dtype}, its instruction says ${i.dtype}`);
  return value;
}

const dear: Readonly<Record<string, number>> = {
  exp: 18,
  expm1: 20,
  log: 30,
  log1p: 34,
  tanh: 30,
  sigmoid: 26,
  erf: 40,
  sin: 50,
  cos: 50,
  pow: 120,
  div: 4,
  sqrt: 4,
  reciprocal: 4,
}; // prettier-ignore

function costOf(i: Instruction): number {
  return i.op === "const" ? 0 : (dear[i.op] ?? 1);
}

/** The expression as a part of keys: everything that its code depends on. */
export function expressionKey(expression: ScalarExpression): string {
  const number = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));
  const text = expression.instructions.map((i) => {
    const type = isComparison(i.op) ? "" : shortDType[i.dtype];
    if (i.op === "read") return `r${i.operand}${type}`;
    if (i.op === "const") return `${number(i.value)}${type}`;
    if (i.op === "index") return `i${i.axis}`;
    return `${i.op}${type} ${argumentsOf(i).join(" ")}`;
  });
  return `${text.join(",")}>${expression.results.join(" ")}`;
}

export const shortDType: Readonly<Record<DType, string>> = {
  float32: "f",
  float64: "d",
  int32: "i",
  uint8: "u",
  bool: "b",
};
