/**
 * Scalar expressions as operators: what any elementwise op means, a user's own included.
 *
 * Casts of floats to uint8 are limited first, as ONNX leaves values outside the range undefined; those to int32 are not:
 * no float32 lies next to its greatest value.
 */

import type { Instruction, ScalarExpression } from "@prewitt/core";
import { elementTypes } from "../element-types.ts";
import type { GraphWriter } from "./graph-writer.ts";

const direct: Readonly<Record<string, string>> = {
  neg: "Neg",
  abs: "Abs",
  sign: "Sign",
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  reciprocal: "Reciprocal",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  erf: "Erf",
  sin: "Sin",
  cos: "Cos",
  floor: "Floor",
  ceil: "Ceil",
  round: "Round",
  not: "Not",
  isNaN: "IsNaN",
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  pow: "Pow",
  min: "Min",
  max: "Max",
  eq: "Equal",
  lt: "Less",
  le: "LessOrEqual",
  gt: "Greater",
  ge: "GreaterOrEqual",
};

const logic: Readonly<Record<string, string>> = { and: "And", or: "Or", xor: "Xor" };

export interface Reads {
  /** The value that operand `operand` is. */
  read(operand: number): string;
  /** The index along an axis, int32, broadcasting over the others. */
  index(axis: number): string;
  /** Throws: the instruction has no operator. */
  fail(instruction: string): never;
}

/** Writes the operators; returns a name per result. */
export function emitExpression(writer: GraphWriter, expression: ScalarExpression, reads: Reads): string[] {
  const { instructions } = expression;
  const at: string[] = [];
  const value = (i: number): string => at[i] as string;
  for (const i of instructions) at.push(emitInstruction(writer, i, value, instructions, reads));
  return expression.results.map(value);
}

function emitInstruction(
  writer: GraphWriter,
  i: Instruction,
  value: (i: number) => string,
  all: readonly Instruction[],
  reads: Reads,
): string {
  switch (i.op) {
    case "read":
      return reads.read(i.operand);
    case "const":
      return writer.scalar(i.value, i.dtype);
    case "index":
      return reads.index(i.axis);
    case "cast":
      return castTo(writer, value(i.a), all[i.a] as Instruction, i);
    case "select": {
      const bool = (all[i.a] as Instruction).dtype === "bool";
      const condition = bool ? value(i.a) : writer.op("Cast", [value(i.a)], { to: elementTypes.bool });
      return writer.op("Where", [condition, value(i.b), value(i.c)]);
    }
    case "expm1":
      return writer.op("Sub", [writer.op("Exp", [value(i.a)]), writer.scalar(1, i.dtype)]);
    case "log1p":
      return writer.op("Log", [writer.op("Add", [value(i.a), writer.scalar(1, i.dtype)])]);
    case "isFinite": {
      const odd = writer.op("Or", [writer.op("IsNaN", [value(i.a)]), writer.op("IsInf", [value(i.a)])]);
      return writer.op("Not", [odd]);
    }
    case "ne":
      return writer.op("Not", [writer.op("Equal", [value(i.a), value(i.b)])]);
    default: {
      const type = direct[i.op] ?? (i.dtype === "bool" ? logic[i.op] : undefined);
      if (type === undefined) return reads.fail(i.op);
      return writer.op(type, "b" in i ? [value(i.a), value(i.b)] : [value((i as { a: number }).a)]);
    }
  }
}

function castTo(writer: GraphWriter, value: string, from: Instruction, to: Instruction): string {
  const float = from.dtype === "float32" || from.dtype === "float64";
  const limited =
    to.dtype === "uint8" && (float || from.dtype === "int32")
      ? writer.op("Clip", [value, writer.scalar(0, from.dtype), writer.scalar(255, from.dtype)])
      : value;
  return writer.op("Cast", [limited], { to: elementTypes[to.dtype] });
}
