/**
 * Programs rewritten for checking: one that keeps every intermediate value, and one of a single kernel.
 */

import type { Kernel } from "../../program/kernels.ts";
import { allReads } from "../../program/kernels.ts";
import type { Operand } from "../../program/operand.ts";
import type { Buffer, Program, ProgramInput } from "../../program/program.ts";
import { byteSize } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";

/** The kernel with its operands on other buffers. */
function moved(kernel: Kernel, read: (buffer: number) => number, write: (buffer: number) => number): Kernel {
  const on = (to: (buffer: number) => number) => (o: Operand) => ({ ...o, buffer: to(o.buffer) });
  const next = { ...kernel, reads: kernel.reads.map(on(read)), writes: kernel.writes.map(on(write)) } as Kernel;
  if (!("epilogueReads" in next) || next.epilogueReads === undefined) return next;
  return { ...next, epilogueReads: next.epilogueReads.map(on(read)) } as Kernel;
}

/** All elements of a buffer in the order of memory. */
function raw(buffer: Buffer): Operand {
  return { buffer: buffer.id, shape: [sizeOf(buffer.shape)], strides: [1], offset: 0 };
}

export interface SpreadProgram {
  /** Its outputs: those of the original, then the new values of variables, then the buffers of `kept`. */
  readonly program: Program;
  /** Temporaries, in the order of their outputs. */
  readonly kept: readonly number[];
}

/**
 * The same kernels with memory of its own for every buffer and every buffer an output. Values of variables are written
 * beside the variables, which stay as they are.
 */
export function spread(program: Program, alignment: number): SpreadProgram {
  const buffers: Buffer[] = program.buffers.map((b) => ({ ...b, first: -1, offset: -1 }));
  const now = new Map<number, number>();
  const current = (buffer: number): number => now.get(buffer) ?? buffer;
  const kernels = program.kernels.map((kernel) => {
    const renamed = new Map<number, number>();
    for (const { buffer } of kernel.writes) {
      const from = buffers[buffer] as Buffer;
      if (from.role !== "variable" || renamed.has(buffer)) continue;
      renamed.set(buffer, buffers.length);
      buffers.push({ ...from, id: buffers.length, role: "temporary", index: -1 });
    }
    const next = moved(kernel, current, (buffer) => renamed.get(buffer) ?? current(buffer));
    for (const [from, to] of renamed) now.set(from, to);
    return next;
  });
  const touched = new Set(kernels.flatMap((k) => [...allReads(k), ...k.writes].map((o) => o.buffer)));
  let arena = 0;
  const placed = buffers.map((b): Buffer => {
    const life = { first: 0, last: kernels.length };
    if (b.role !== "temporary" || !touched.has(b.id)) return { ...b, ...life };
    const offset = arena;
    arena += Math.ceil((sizeOf(b.shape) * byteSize(b.dtype)) / alignment) * alignment;
    return { ...b, ...life, offset };
  });
  const kept = placed.filter((b) => b.role === "temporary" && touched.has(b.id) && sizeOf(b.shape) > 0);
  const here = (o: Operand): Operand => ({ ...o, buffer: current(o.buffer) });
  const news = program.variables.map(({ buffer }, i) => {
    const assigned = program.assigns.find((a) => a.variable === i);
    return assigned === undefined ? raw(placed[current(buffer)] as Buffer) : here(assigned.value);
  });
  const outputs = [...program.outputs.map(here), ...news, ...kept.map(raw)];
  return {
    program: { ...program, buffers: placed, kernels, outputs, assigns: [], arena },
    kept: kept.map((b) => b.id),
  };
}

export interface SingleProgram {
  readonly program: Program;
  /** Buffers of the whole program that are bound to its inputs, in order. */
  readonly reads: readonly number[];
}

/** A program of one kernel: what it reads is bound, what it writes is an output, in the order of memory. */
export function single(whole: Program, kernel: Kernel, alignment: number): SingleProgram {
  const reads = [...new Set(allReads(kernel).map((o) => o.buffer))];
  const writes = [...new Set(kernel.writes.map((o) => o.buffer))];
  const of = (id: number): Buffer => whole.buffers[id] as Buffer;
  const life = { first: 0, last: 1 };
  const inputs = reads.map((id, i): ProgramInput => {
    const { dtype, shape } = of(id);
    return { buffer: i, dtype, shape, source: "argument", leaf: -1 };
  });
  let arena = 0;
  const buffers: Buffer[] = reads.map((id, i) => ({ ...of(id), ...life, id: i, role: "input", index: i, offset: -1 }));
  for (const id of writes) {
    const b = of(id);
    buffers.push({ ...b, ...life, id: buffers.length, role: "temporary", index: -1, offset: arena });
    arena += Math.ceil((sizeOf(b.shape) * byteSize(b.dtype)) / alignment) * alignment;
  }
  const kernels = [
    moved(
      kernel,
      (buffer) => reads.indexOf(buffer),
      (buffer) => reads.length + writes.indexOf(buffer),
    ),
  ];
  const outputs = kernel.writes.map((o) => raw(buffers[reads.length + writes.indexOf(o.buffer)] as Buffer));
  return { program: { buffers, kernels, inputs, variables: [], outputs, assigns: [], arena }, reads };
}
