/**
 * Drops the inputs and temporaries that nothing touches any more (fused away, or literals that became constants of
 * expressions) and numbers the others anew, so that every buffer of a finished program has memory.
 */

import { allReads, type Kernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { Program } from "../program/program.ts";

export function compact(program: Program): Program {
  const touched = new Set<number>(program.variables.map((v) => v.buffer));
  for (const kernel of program.kernels) {
    for (const operand of [...allReads(kernel), ...kernel.writes]) touched.add(operand.buffer);
  }
  for (const o of program.outputs) touched.add(o.buffer);
  for (const a of program.assigns) touched.add(a.value.buffer);
  if (touched.size === program.buffers.length) return program;
  const kept = program.buffers.filter((b) => touched.has(b.id));
  const numbers = new Map(kept.map((b, i) => [b.id, i]));
  const move = <O extends Operand>(o: O): O => ({ ...o, buffer: numbers.get(o.buffer) as number });
  const inputs = program.inputs.flatMap((input) => {
    const buffer = numbers.get(input.buffer);
    return buffer === undefined ? [] : [{ ...input, buffer }];
  });
  const inputNumbers = new Map(inputs.map((input, i) => [input.buffer, i]));
  return {
    ...program,
    buffers: kept.map((b, id) => ({
      ...b,
      id,
      index: b.role === "input" ? (inputNumbers.get(id) as number) : b.index,
    })),
    kernels: program.kernels.map((kernel) => moveKernel(kernel, move)),
    inputs,
    variables: program.variables.map((v) => ({ ...v, buffer: numbers.get(v.buffer) as number })),
    outputs: program.outputs.map(move),
    assigns: program.assigns.map((a) => ({ ...a, value: move(a.value) })),
  };
}

function moveKernel(kernel: Kernel, move: (o: Operand) => Operand): Kernel {
  const moved = { ...kernel, reads: kernel.reads.map(move), writes: kernel.writes.map(move) };
  return "epilogueReads" in kernel ? ({ ...moved, epilogueReads: kernel.epilogueReads?.map(move) } as Kernel) : moved;
}
