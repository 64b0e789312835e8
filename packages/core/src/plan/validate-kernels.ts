/**
 * Rules of a program's kernels, in the order in which they run: what they read has been written, what they write is
 * theirs to write, and operands and expressions fit the buffers.
 */

import { allReads, type Kernel } from "../program/kernels.ts";
import { isContiguous, type Operand, sameView } from "../program/operand.ts";
import type { Buffer, Program } from "../program/program.ts";
import { sizeOf } from "../tensor/shape.ts";
import { expressionProblems } from "./validate-expressions.ts";
import { shapeProblems } from "./validate-shapes.ts";

export function kernelProblems(program: Program): string[] {
  const problems = tableProblems(program);
  const written = new Map<number, number>();
  const isReady = (buffer: number): boolean => program.buffers[buffer]?.role !== "temporary" || written.has(buffer);
  program.kernels.forEach((kernel, at) => {
    const where = `kernel ${at} (${kernel.kind}${kernel.origins === undefined ? "" : ` ${kernel.origins.map((o) => o.op).join("+")}`})`;
    const report = (problem: string): void => void problems.push(`${where}: ${problem}`);
    allReads(kernel).forEach((read, i) => {
      const wrong = operandProblem(program, read);
      if (wrong !== undefined) report(`read ${i} ${wrong}`);
      else if (!isReady(read.buffer)) report(`read ${i} is of buffer ${read.buffer}, which nothing has written`);
    });
    kernel.writes.forEach((write, i) => {
      const wrong = operandProblem(program, write) ?? writeProblem(program, kernel, write, written);
      if (wrong !== undefined) report(`write ${i} ${wrong}`);
    });
    if (mayStop(kernel) && [...written.keys()].some((b) => program.buffers[b]?.role === "variable")) {
      report("may stop the run after a variable was overwritten");
    }
    for (const problem of [...shapeProblems(kernel), ...expressionProblems(program, kernel)]) report(problem);
    for (const w of kernel.writes) written.set(w.buffer, at);
  });
  return [...problems, ...resultProblems(program, isReady, written)];
}

/** Buffers, inputs and variables point at one another. */
function tableProblems(program: Program): string[] {
  const problems: string[] = [];
  program.buffers.forEach((b, i) => {
    if (b.id !== i) problems.push(`buffer ${i} has the id ${b.id}`);
    const table = b.role === "input" ? program.inputs : b.role === "variable" ? program.variables : undefined;
    if (table !== undefined && table[b.index]?.buffer !== i)
      problems.push(`buffer ${i} is not the buffer of ${b.role} ${b.index}`);
    const entry = table?.[b.index];
    if (entry !== undefined && (entry.dtype !== b.dtype || sizeOf(entry.shape) !== sizeOf(b.shape)))
      problems.push(`buffer ${i} and ${b.role} ${b.index} differ`);
  });
  program.inputs.forEach((input, i) => {
    if (input.data !== undefined && input.data.length !== sizeOf(input.shape))
      problems.push(`input ${i} holds ${input.data.length} elements`);
  });
  const ids = program.variables.map((v) => v.id);
  if (new Set(ids).size !== ids.length) problems.push("a variable is bound twice");
  return problems;
}

/** Least and greatest element that an operand reaches; `undefined` when it has none. */
export function reach(operand: Operand): { least: number; greatest: number } | undefined {
  let least = operand.offset;
  let greatest = operand.offset;
  for (let i = 0; i < operand.shape.length; i++) {
    const extent = operand.shape[i] as number;
    if (extent === 0) return undefined;
    const span = (extent - 1) * (operand.strides[i] as number);
    if (span < 0) least += span;
    else greatest += span;
  }
  return { least, greatest };
}

function operandProblem(program: Program, operand: Operand): string | undefined {
  const buffer = program.buffers[operand.buffer];
  if (buffer === undefined) return `is of buffer ${operand.buffer}, which does not exist`;
  if (operand.strides.length !== operand.shape.length)
    return `has ${operand.strides.length} strides for ${operand.shape.length} axes`;
  if (![operand.offset, ...operand.shape, ...operand.strides].every(Number.isSafeInteger))
    return "has an offset, extent or stride that is no integer";
  const range = reach(operand);
  const size = sizeOf(buffer.shape);
  if (range !== undefined && (range.least < 0 || range.greatest >= size)) {
    return `reaches elements ${range.least} … ${range.greatest} of buffer ${operand.buffer}, which has ${size}`;
  }
  return undefined;
}

/** A write covers its whole buffer, each element once; buffers are written once, inputs never, variables after all reads. */
function writeProblem(
  program: Program,
  kernel: Kernel,
  write: Operand,
  written: ReadonlyMap<number, number>,
): string | undefined {
  const buffer = program.buffers[write.buffer] as Buffer;
  if (buffer.role === "input") return `is to input buffer ${write.buffer}`;
  if (written.has(write.buffer))
    return `is to buffer ${write.buffer}, which kernel ${written.get(write.buffer)} has written already`;
  if (kernel.writes.filter((w) => w.buffer === write.buffer).length > 1)
    return `is to buffer ${write.buffer}, like another write of the same kernel`;
  if (sizeOf(write.shape) !== sizeOf(buffer.shape))
    return `covers ${sizeOf(write.shape)} of ${sizeOf(buffer.shape)} elements of buffer ${write.buffer}`;
  if (sizeOf(write.shape) > 0 && write.shape.some((n, i) => n > 1 && write.strides[i] === 0))
    return "has several indices of one element";
  const inPlace = allReads(kernel).filter((r) => r.buffer === write.buffer);
  if (inPlace.some((r) => kernel.kind !== "map" || !sameView(r, write))) {
    return `overwrites buffer ${write.buffer}, which the kernel reads in another order`;
  }
  return undefined;
}

function mayStop(kernel: Kernel): boolean {
  return kernel.kind === "check" || kernel.kind === "gather" || kernel.kind === "scatter" || kernel.kind === "host";
}

function resultProblems(
  program: Program,
  isReady: (buffer: number) => boolean,
  written: ReadonlyMap<number, number>,
): string[] {
  const problems: string[] = [];
  program.outputs.forEach((o, i) => {
    const wrong = operandProblem(program, o);
    if (wrong !== undefined) problems.push(`output ${i} ${wrong}`);
    else if (!isReady(o.buffer)) problems.push(`output ${i} is buffer ${o.buffer}, which nothing has written`);
    else if (!isContiguous(o)) problems.push(`output ${i} is not contiguous`);
  });
  const assigned = new Set<number>();
  program.assigns.forEach(({ variable, value }, i) => {
    const target = program.variables[variable];
    const source = program.buffers[value.buffer];
    if (target === undefined) problems.push(`assignment ${i} is to variable ${variable}, which does not exist`);
    else if (assigned.has(variable) || written.has(target.buffer)) problems.push(`${target.name} is assigned twice`);
    else if (source?.dtype !== target.dtype || sizeOf(value.shape) !== sizeOf(target.shape))
      problems.push(`the value of ${target.name} does not fit it`);
    const wrong = operandProblem(program, value);
    if (wrong !== undefined) problems.push(`assignment ${i} ${wrong}`);
    else if (source?.role !== "temporary" || !isReady(value.buffer))
      problems.push(`assignment ${i} is of buffer ${value.buffer}, which no kernel has computed`);
    else if (!isContiguous(value)) problems.push(`assignment ${i} is not contiguous`);
    assigned.add(variable);
  });
  return problems;
}
