/**
 * Pass: lets the kernel that computes a variable's next value write it into the variable's memory, where nobody needs the
 * old value any more and no error can be found later. All other assignments are copied when the program has run.
 */

import { allReads, type Kernel } from "../program/kernels.ts";
import { isContiguous, type Operand, sameView } from "../program/operand.ts";
import type { Assign, Program, ProgramVariable } from "../program/program.ts";
import { sizeOf } from "../tensor/shape.ts";

export function assignInPlace(program: Program): Program {
  let kernels: readonly Kernel[] = program.kernels;
  const left: Assign[] = [];
  const lastCheck = kernels.findLastIndex(
    (k) => k.kind === "check" || k.kind === "gather" || k.kind === "scatter" || k.kind === "host",
  );
  const taken = new Set<number>();
  const shared = repeated(program.assigns.map((a) => a.value.buffer));
  const results = new Set(program.outputs.map((o) => o.buffer));
  for (const assign of program.assigns) {
    const { buffer } = program.variables[assign.variable] as ProgramVariable;
    const from = assign.value.buffer;
    const at = kernels.findIndex((k) => k.writes.some((w) => w.buffer === from));
    const fits =
      at > lastCheck &&
      !taken.has(buffer) &&
      !shared.has(from) &&
      !results.has(buffer) &&
      canOverwrite(kernels, at, buffer, assign.value);
    if (!fits) {
      left.push(assign);
      continue;
    }
    taken.add(buffer);
    kernels = kernels.map((k) => rename(k, from, buffer));
  }
  if (left.length === program.assigns.length) return program;
  const outputs = program.outputs.map((o) => {
    const assign = program.assigns.find((a) => a.value.buffer === o.buffer && !left.includes(a));
    return assign === undefined ? o : { ...o, buffer: (program.variables[assign.variable] as ProgramVariable).buffer };
  });
  return { ...program, kernels, outputs, assigns: left };
}

function repeated(values: readonly number[]): Set<number> {
  return new Set(values.filter((v, i) => values.indexOf(v) !== i));
}

/** Whether kernel `at` is the last to read the variable, and, if it reads it, reads each element only where it writes it. */
function canOverwrite(kernels: readonly Kernel[], at: number, variable: number, value: Operand): boolean {
  const kernel = kernels[at];
  if (kernel === undefined || !isContiguous(value)) return false;
  const write = kernel.writes.find((w) => w.buffer === value.buffer) as Operand;
  // A value may be a part of what the kernel writes: then there is no room for the rest.
  if (sizeOf(write.shape) !== sizeOf(value.shape)) return false;
  const reads = allReads(kernel).filter((r) => r.buffer === variable);
  if (
    reads.length > 0 &&
    (kernel.kind !== "map" || !reads.every((r) => sameView({ ...r, buffer: write.buffer }, write)))
  )
    return false;
  return kernels.every((k, i) => i <= at || !allReads(k).some((r) => r.buffer === variable));
}

function rename(kernel: Kernel, from: number, to: number): Kernel {
  const move = (o: Operand): Operand => (o.buffer === from ? { ...o, buffer: to } : o);
  const touched = [...allReads(kernel), ...kernel.writes].some((o) => o.buffer === from);
  if (!touched) return kernel;
  const moved = { ...kernel, reads: kernel.reads.map(move), writes: kernel.writes.map(move) } as Kernel;
  if ("epilogueReads" in moved && moved.epilogueReads !== undefined)
    return { ...moved, epilogueReads: moved.epilogueReads.map(move) } as Kernel;
  return moved;
}
