/**
 * Rules of planned memory: lifetimes are those of the kernels, every temporary lies in the arena, and two of them share
 * bytes only when one is dead before the other is born, or when a map overwrites its operand element for element.
 */

import type { Kernel } from "../program/kernels.ts";
import { type Operand, sameView } from "../program/operand.ts";
import type { Buffer, Program } from "../program/program.ts";
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import { lifetimes } from "./memory.ts";

function bytesOf(b: Buffer): number {
  return sizeOf(b.shape) * byteSize(b.dtype);
}

/** Empty before memory is planned. */
export function memoryProblems(program: Program): string[] {
  if (program.buffers.every((b) => b.offset < 0)) return [];
  const problems: string[] = [];
  const { first, last } = lifetimes(program);
  const alive: Buffer[] = [];
  for (const b of program.buffers) {
    const from = first[b.id] as number;
    if (b.first !== from || b.last !== last[b.id])
      problems.push(`buffer ${b.id} is said to live over ${b.first} … ${b.last}, it does over ${from} … ${last[b.id]}`);
    if (b.role !== "temporary" || from < 0) continue;
    if (b.offset < 0 || b.offset + bytesOf(b) > program.arena)
      problems.push(`buffer ${b.id} lies at ${b.offset}, outside the arena of ${program.arena} bytes`);
    else if (b.offset % byteSize(b.dtype) !== 0) problems.push(`buffer ${b.id} of ${b.dtype} lies at ${b.offset}`);
    else alive.push(b);
  }
  return [...problems, ...overlaps(program, alive)];
}

/** Sweeps over the kernels with the set of live buffers. */
function overlaps(program: Program, buffers: readonly Buffer[]): string[] {
  const problems: string[] = [];
  let live: Buffer[] = [];
  for (const b of [...buffers].sort((x, y) => x.first - y.first)) {
    live = live.filter((a) => a.last >= b.first);
    for (const a of live) {
      const apart = a.offset + bytesOf(a) <= b.offset || b.offset + bytesOf(b) <= a.offset;
      if (apart || bytesOf(a) === 0 || bytesOf(b) === 0 || isInPlace(program, a, b)) continue;
      problems.push(`buffers ${a.id} and ${b.id} share bytes, and both live at kernel ${b.first}`);
    }
    live.push(b);
  }
  return problems;
}

/** Whether the kernel that ends `a` begins `b` and reads each element of it just before it writes there. */
function isInPlace(program: Program, a: Buffer, b: Buffer): boolean {
  const kernel = program.kernels[b.first] as Kernel | undefined;
  if (kernel?.kind !== "map" || a.last !== b.first || a.first === b.first) return false;
  if (a.offset !== b.offset || byteSize(a.dtype) !== byteSize(b.dtype)) return false;
  const write = kernel.writes.find((w) => w.buffer === b.id) as Operand;
  return kernel.reads.every((r) => r.buffer !== a.id || sameView({ ...r, buffer: b.id }, write));
}
