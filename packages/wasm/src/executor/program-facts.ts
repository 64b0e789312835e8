/** What the executor reads off a program once. */

import { type Buffer, byteSize, type Program, type Kernel as ProgramKernel, sizeOf } from "@prewitt/core";

/** Numbers of the variables that some kernel or assignment writes. */
export function writtenVariables(program: Program): number[] {
  const buffers = new Set(program.kernels.flatMap((kernel) => kernel.writes.map((w) => w.buffer)));
  const assigned = new Set(program.assigns.map((a) => a.variable));
  return program.variables.flatMap(({ buffer }, i) => (buffers.has(buffer) || assigned.has(i) ? [i] : []));
}

/** Bytes of the buffers that a kernel touches. */
export function bytesOf(program: Program, kernel: number): number {
  const { reads, writes } = program.kernels[kernel] as ProgramKernel;
  let bytes = 0;
  for (const o of [...reads, ...writes]) {
    const buffer = program.buffers[o.buffer] as Buffer;
    bytes += sizeOf(buffer.shape) * byteSize(buffer.dtype);
  }
  return bytes;
}

/** The first kernel that writes a variable's memory: errors must be known before. */
export function firstCommit(program: Program): number {
  const at = program.kernels.findIndex((kernel) =>
    kernel.writes.some((w) => (program.buffers[w.buffer] as Buffer).role === "variable"),
  );
  return at < 0 ? program.kernels.length : at;
}
