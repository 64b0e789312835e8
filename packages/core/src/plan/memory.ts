/**
 * Pass: places temporaries in one arena. Two buffers may share bytes when their lifetimes do not touch.
 *
 * Greedy by size, largest first, each at the lowest offset that is free for its whole life (Pisarchyk & Lee 2020,
 * "Efficient memory management for deep neural net inference", greedy by size for offset calculation).
 */

import type { Kernel } from "../program/kernels.ts";
import { allReads } from "../program/kernels.ts";
import type { Buffer, Program } from "../program/program.ts";
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { ExecutorTraits } from "../run/executor.ts";

/** First and last kernel that touches each buffer; results live to the end. */
export function lifetimes(program: Program): { first: number[]; last: number[] } {
  const first = program.buffers.map(() => -1);
  const last = program.buffers.map(() => -1);
  const touch = (buffer: number, at: number): void => {
    if ((first[buffer] as number) < 0) first[buffer] = at;
    last[buffer] = at;
  };
  program.kernels.forEach((kernel: Kernel, at) => {
    for (const r of allReads(kernel)) touch(r.buffer, at);
    for (const w of kernel.writes) touch(w.buffer, at);
  });
  const end = program.kernels.length;
  for (const o of program.outputs) touch(o.buffer, end);
  for (const a of program.assigns) touch(a.value.buffer, end);
  return { first, last };
}

export function planMemory(program: Program, traits: ExecutorTraits): Program {
  const { first, last } = lifetimes(program);
  const align = (bytes: number): number => Math.ceil(bytes / traits.alignment) * traits.alignment;
  const bytesOf = (b: Buffer): number => align(sizeOf(b.shape) * byteSize(b.dtype));
  const temporaries = program.buffers.filter((b) => b.role === "temporary" && (first[b.id] as number) >= 0);
  const bySize = [...temporaries].sort((a, b) => bytesOf(b) - bytesOf(a) || a.id - b.id);
  const placed: { from: number; to: number; first: number; last: number }[] = [];
  const offsets = new Map<number, number>();
  let arena = 0;
  for (const b of bySize) {
    const size = bytesOf(b);
    const lifeFirst = first[b.id] as number;
    const lifeLast = last[b.id] as number;
    let offset = 0;
    for (const p of placed) {
      if (p.last < lifeFirst || p.first > lifeLast) continue;
      if (p.from - offset >= size) break;
      offset = Math.max(offset, p.to);
    }
    const at = placed.findIndex((p) => p.from > offset);
    placed.splice(at < 0 ? placed.length : at, 0, { from: offset, to: offset + size, first: lifeFirst, last: lifeLast });
    offsets.set(b.id, offset);
    arena = Math.max(arena, offset + size);
  }
  const buffers = program.buffers.map((b): Buffer => ({ ...b, offset: offsets.get(b.id) ?? -1, first: first[b.id] as number, last: last[b.id] as number }));
  return { ...program, buffers, arena };
}
