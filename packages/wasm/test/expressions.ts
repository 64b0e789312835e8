/**
 * Random scalar expressions of instructions that every executor computes exactly, over operands of any dtype.
 */

import {
  type BinaryName,
  type DType,
  dtypes,
  isFloat,
  ScalarBuilder,
  type ScalarExpression,
  type UnaryName,
} from "@prewitt/core";
import fc from "fast-check";

const floatUnary: UnaryName[] = [
  "neg",
  "abs",
  "sign",
  "sqrt",
  "reciprocal",
  "floor",
  "ceil",
  "round",
  "not",
  "isNaN",
  "isFinite",
];
const intUnary: UnaryName[] = ["neg", "abs", "sign", "floor", "ceil", "round", "not", "isNaN", "isFinite"];
const floatBinary: BinaryName[] = ["add", "sub", "mul", "div", "min", "max", "eq", "ne", "lt", "le", "gt", "ge"];
const intBinary: BinaryName[] = [...floatBinary, "pow", "and", "or", "xor", "shl", "shrU"];

const constants = [
  0,
  -0,
  1,
  -1,
  0.5,
  3,
  -7,
  255,
  300,
  1e10,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

interface Step {
  readonly kind: "unary" | "binary" | "select" | "cast" | "constant" | "index" | "extremum";
  readonly op: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<Step["kind"][]>(
      "unary",
      "binary",
      "binary",
      "select",
      "cast",
      "constant",
      "index",
      "extremum",
    ),
    op: fc.nat(1000),
    a: fc.nat(1000),
    b: fc.nat(1000),
    c: fc.nat(1000),
  }),
  { minLength: 1, maxLength: 10 },
); // prettier-ignore

export interface RandomExpression {
  readonly expression: ScalarExpression;
  readonly writes: readonly DType[];
}

function addStep(e: ScalarBuilder, values: number[], { kind, op, a, b, c }: Step, rank: number): void {
  const pick = <T>(from: readonly T[], n: number): T => from[n % from.length]!;
  const x = pick(values, a);
  const dtype = e.dtypeOf(x);
  const like = (n: number): number => e.cast(pick(values, n), dtype);
  switch (kind) {
    case "unary":
      values.push(e.unary(pick(isFloat(dtype) ? floatUnary : intUnary, op), x));
      return;
    case "binary":
      values.push(e.binary(pick(isFloat(dtype) ? floatBinary : intBinary, op), x, like(b)));
      return;
    case "select":
      values.push(e.select(pick(values, op), x, like(b)));
      return;
    case "cast":
      values.push(e.cast(x, pick(dtypes, op)));
      return;
    case "constant":
      values.push(e.const(pick(constants, op), pick(dtypes, c)));
      return;
    case "index":
      if (rank > 0) values.push(e.index(op % rank));
      return;
    case "extremum":
      values.push(e.binary(op % 2 === 0 ? "min" : "max", x, e.const(pick(constants, b), dtype)));
  }
}

/** An expression over operands of the given dtypes with one to three results. */
export function expressionsOf(reads: readonly DType[], rank: number): fc.Arbitrary<RandomExpression> {
  return fc.tuple(steps, fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 })).map(([list, picks]) => {
    const e = new ScalarBuilder();
    const values = reads.map((dtype, i) => e.read(i, dtype));
    if (values.length === 0) values.push(e.const(2, "float32"));
    for (const step of list) addStep(e, values, step, rank);
    const results = picks.map((p) => values[Math.max(0, values.length - 1 - (p % 4))]!);
    return { expression: e.build(results), writes: results.map((r) => e.dtypeOf(r)) };
  });
}
