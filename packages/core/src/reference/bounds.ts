/**
 * Checks a program before it is compiled. Typed arrays swallow writes outside their bounds and read `undefined` there, so
 * an operand that leaves its buffer would give wrong numbers instead of an error.
 */

import { ProgramError } from "../errors/errors.ts";
import { allReads } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { Program } from "../program/program.ts";
import { byteSize } from "../tensor/dtype.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";

/** Throws `ProgramError` with every buffer outside the arena and every operand outside its buffer. */
export function checkBounds(program: Program): void {
  const problems: string[] = [];
  for (const b of program.buffers) {
    // A buffer without a place is one that passes have emptied; an operand that still uses it is found below.
    if (b.role !== "temporary" || b.offset < 0) continue;
    const end = b.offset + sizeOf(b.shape) * byteSize(b.dtype);
    if (end > program.arena) {
      problems.push(`buffer ${b.id} takes bytes ${b.offset} … ${end} of an arena of ${program.arena}`);
    }
    if (b.offset % byteSize(b.dtype) !== 0) problems.push(`buffer ${b.id} of ${b.dtype} begins at byte ${b.offset}`);
  }
  const check = (operand: Operand, where: string): void => {
    const problem = problemOf(program, operand);
    if (problem !== undefined) problems.push(`${where}: ${problem}`);
  };
  program.kernels.forEach((kernel, k) => {
    allReads(kernel).forEach((o, i) => {
      check(o, `kernel ${k} (${kernel.kind}), read ${i}`);
    });
    kernel.writes.forEach((o, i) => {
      check(o, `kernel ${k} (${kernel.kind}), write ${i}`);
    });
  });
  program.outputs.forEach((o, i) => {
    check(o, `output ${i}`);
  });
  program.assigns.forEach((a) => {
    check(a.value, `assignment to variable ${a.variable}`);
  });
  if (problems.length > 0) throw new ProgramError({ summary: "the program does not fit its buffers", problems });
}

function problemOf(program: Program, operand: Operand): string | undefined {
  const buffer = program.buffers[operand.buffer];
  if (buffer === undefined) return `there is no buffer ${operand.buffer}`;
  if (buffer.role === "temporary" && buffer.offset < 0) return `buffer ${operand.buffer} has no place in the arena`;
  if (operand.strides.length !== operand.shape.length) {
    return `${operand.strides.length} strides for shape ${formatShape(operand.shape)}`;
  }
  if (operand.shape.includes(0)) return undefined;
  let [least, most] = [operand.offset, operand.offset];
  operand.shape.forEach((n, axis) => {
    const reach = (n - 1) * operand.strides[axis]!;
    if (reach < 0) least += reach;
    else most += reach;
  });
  const size = sizeOf(buffer.shape);
  if (least >= 0 && most < size) return undefined;
  return `elements ${least} … ${most} of buffer ${operand.buffer}, which has ${size}`;
}
