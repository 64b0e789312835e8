/**
 * Rules of scalar expressions inside kernels: operand numbers that exist, dtypes of the buffers behind them, arguments
 * that come before their use, and results of the dtype that is stored.
 */

import type { Accumulator, Kernel, ReduceKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { Program } from "../program/program.ts";
import { argumentsOf, type Instruction, isComparison, type ScalarExpression } from "../program/scalar.ts";
import type { DType } from "../tensor/dtype.ts";

export function expressionProblems(program: Program, kernel: Kernel): string[] {
  const dtypeOf = (operand: Operand): DType | undefined => program.buffers[operand.buffer]?.dtype;
  const reads = kernel.reads.map(dtypeOf);
  const writes = kernel.writes.map(dtypeOf);
  if (kernel.kind === "map")
    return problemsOf("expression", kernel.expression, { reads, results: writes, axes: kernel.shape.length });
  if (kernel.kind === "reduce") return reduceProblems(kernel, reads, writes, dtypeOf);
  if ((kernel.kind === "contract" || kernel.kind === "conv") && kernel.epilogue !== undefined) {
    const others = (kernel.epilogueReads ?? []).map(dtypeOf);
    return problemsOf("epilogue", kernel.epilogue, { reads: [reads[0], ...others], results: writes, axes: 0 });
  }
  return [];
}

function reduceProblems(
  kernel: ReduceKernel,
  reads: readonly (DType | undefined)[],
  writes: readonly (DType | undefined)[],
  dtypeOf: (operand: Operand) => DType | undefined,
): string[] {
  const { prologue, epilogue, accumulators } = kernel;
  const rank = kernel.shape.length;
  const problems = problemsOf("prologue", prologue, { reads, results: undefined, axes: rank });
  const valueType = (a: Accumulator): DType | undefined =>
    prologue.instructions[prologue.results[a.value] ?? -1]?.dtype;
  for (const [i, a] of accumulators.entries())
    if (valueType(a) === undefined)
      problems.push(`accumulator ${i} takes value ${a.value}, which the prologue does not give`);
  const reduced = accumulators.flatMap((a): (DType | undefined)[] => {
    if (a.kind === "moments") return [valueType(a), valueType(a)];
    return [a.kind === "argmin" || a.kind === "argmax" ? "int32" : valueType(a)];
  });
  if (kernel.axes.some((axis, i) => axis < 0 || axis >= rank || kernel.axes.indexOf(axis) !== i))
    problems.push(`axes [${kernel.axes.join(", ")}] are not axes of rank ${rank}`);
  return [
    ...problems,
    ...problemsOf("epilogue", epilogue, {
      reads: [...reduced, ...kernel.epilogueReads.map(dtypeOf)],
      results: writes,
      axes: 0,
    }),
  ];
}

interface Context {
  /** Dtypes of the operands by number. */
  readonly reads: readonly (DType | undefined)[];
  /** Dtypes of the writes; `undefined` where the results are not stored. */
  readonly results: readonly (DType | undefined)[] | undefined;
  /** Axes that the expression may read its index along. */
  readonly axes: number;
}

function problemsOf(name: string, expression: ScalarExpression, context: Context): string[] {
  const problems: string[] = [];
  const types = expression.instructions.map((i) => i.dtype);
  expression.instructions.forEach((instruction, at) => {
    const wrong = instructionProblem(instruction, at, types, context);
    if (wrong !== undefined) problems.push(`${name}, instruction ${at} (${instruction.op}): ${wrong}`);
  });
  for (const r of expression.results) if (types[r] === undefined) problems.push(`${name}: result ${r} does not exist`);
  const { results } = context;
  if (results === undefined) return problems;
  if (results.length !== expression.results.length)
    problems.push(`${name} has ${expression.results.length} results for ${results.length} writes`);
  results.forEach((dtype, i) => {
    const given = types[expression.results[i] as number];
    if (given !== undefined && given !== dtype) problems.push(`${name}: result ${i} is ${given}, the buffer ${dtype}`);
  });
  return problems;
}

function instructionProblem(i: Instruction, at: number, types: readonly DType[], context: Context): string | undefined {
  if (i.op === "read") {
    if (!(i.operand in context.reads)) return `operand ${i.operand} does not exist`;
    const dtype = context.reads[i.operand];
    return dtype === i.dtype ? undefined : `reads ${i.dtype}, operand ${i.operand} is ${dtype}`;
  }
  if (i.op === "const") return undefined;
  if (i.op === "index") return i.axis >= 0 && i.axis < context.axes ? undefined : `axis ${i.axis} does not exist`;
  if (argumentsOf(i).some((a) => a < 0 || a >= at)) return "uses a value that comes later";
  const [a, b, c] = argumentsOf(i).map((n) => types[n]);
  if (i.op === "select")
    return b === c && b === i.dtype ? undefined : `chooses between ${b} and ${c}, gives ${i.dtype}`;
  if (i.op === "cast") return undefined;
  if (b !== undefined && a !== b) return `joins ${a} and ${b}`;
  const tests = isComparison(i.op) || i.op === "not" || i.op === "isNaN" || i.op === "isFinite";
  return i.dtype === (tests ? "bool" : a) ? undefined : `gives ${i.dtype} from ${a}`;
}
