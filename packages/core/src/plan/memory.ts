/**
 * Pass: places temporaries in one arena. Two buffers may share bytes when their lifetimes do not touch.
 *
 * Greedy by size, largest first, each at the lowest offset that is free for its whole life (Pisarchyk & Lee 2020,
 * "Efficient memory management for deep neural net inference", greedy by size for offset calculation). Programs of
 * many thousand temporaries are placed in one walk over the kernels instead.
 */

import type { Kernel } from "../program/kernels.ts";
import { allReads } from "../program/kernels.ts";
import type { Buffer, Program } from "../program/program.ts";
import type { ExecutorTraits } from "../run/executor.ts";
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";

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

/** A temporary to be placed: its bytes, and the kernels between which it lives. */
interface Life {
  readonly id: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Where every temporary lies, and the bytes that all of them take. */
interface Placement {
  readonly offsets: ReadonlyMap<number, number>;
  readonly arena: number;
}

/** Most temporaries that are placed by size, in time quadratic in their number. */
const MOST_BY_SIZE = 4096;

export function planMemory(program: Program, traits: ExecutorTraits): Program {
  const { first, last } = lifetimes(program);
  const align = (bytes: number): number => Math.ceil(bytes / traits.alignment) * traits.alignment;
  const lives = program.buffers.flatMap((b): Life[] => {
    if (b.role !== "temporary" || (first[b.id] as number) < 0) return [];
    return [
      {
        id: b.id,
        bytes: align(sizeOf(b.shape) * byteSize(b.dtype)),
        first: first[b.id] as number,
        last: last[b.id] as number,
      },
    ];
  });
  const { offsets, arena } = lives.length <= MOST_BY_SIZE ? placeBySize(lives) : placeInOrder(lives);
  const buffers = program.buffers.map(
    (b): Buffer => ({
      ...b,
      offset: offsets.get(b.id) ?? -1,
      first: first[b.id] as number,
      last: last[b.id] as number,
    }),
  );
  return { ...program, buffers, arena };
}

function placeBySize(lives: readonly Life[]): Placement {
  const bySize = [...lives].sort((a, b) => b.bytes - a.bytes || a.id - b.id);
  const placed: { from: number; to: number; first: number; last: number }[] = [];
  const offsets = new Map<number, number>();
  let arena = 0;
  for (const { id, bytes, first, last } of bySize) {
    let offset = 0;
    for (const p of placed) {
      if (p.last < first || p.first > last) continue;
      if (p.from - offset >= bytes) break;
      offset = Math.max(offset, p.to);
    }
    const at = placed.findIndex((p) => p.from > offset);
    placed.splice(at < 0 ? placed.length : at, 0, { from: offset, to: offset + bytes, first, last });
    offsets.set(id, offset);
    arena = Math.max(arena, offset + bytes);
  }
  return { offsets, arena };
}

/** Walks over the kernels with a list of free ranges; each temporary takes the tightest range that holds it. */
function placeInOrder(lives: readonly Life[]): Placement {
  const offsets = new Map<number, number>();
  const free = new FreeRanges();
  const dying = new Map<number, Life[]>();
  let next = 0;
  for (const life of [...lives].sort((a, b) => a.first - b.first || b.bytes - a.bytes || a.id - b.id)) {
    for (; next < life.first; next++) {
      for (const dead of dying.get(next) ?? []) free.give(offsets.get(dead.id) as number, dead.bytes);
      dying.delete(next);
    }
    offsets.set(life.id, free.take(life.bytes));
    const list = dying.get(life.last) ?? [];
    list.push(life);
    dying.set(life.last, list);
  }
  return { offsets, arena: free.end };
}

/** Free byte ranges below `end`, by rising offset; neighbours are joined. */
class FreeRanges {
  end = 0;
  readonly #ranges: { from: number; to: number }[] = [];

  take(bytes: number): number {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    this.#ranges.forEach(({ from, to }, i) => {
      if (to - from >= bytes && to - from < least) {
        best = i;
        least = to - from;
      }
    });
    const range = this.#ranges[best];
    if (range !== undefined) {
      const { from } = range;
      range.from += bytes;
      if (range.from === range.to) this.#ranges.splice(best, 1);
      return from;
    }
    // A free range at the end grows, so that only the missing bytes are added.
    const top = this.#ranges.at(-1);
    const from = top?.to === this.end ? top.from : this.end;
    if (top?.to === this.end) this.#ranges.pop();
    this.end = from + bytes;
    return from;
  }

  give(from: number, bytes: number): void {
    if (bytes === 0) return;
    const to = from + bytes;
    let low = 0;
    for (let high = this.#ranges.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as { from: number }).from < from) low = middle + 1;
      else high = middle;
    }
    const [before, after] = [this.#ranges[low - 1], this.#ranges[low]];
    if (before?.to === from) {
      before.to = after?.from === to ? after.to : to;
      if (after?.from === to) this.#ranges.splice(low, 1);
    } else if (after?.from === to) after.from = from;
    else this.#ranges.splice(low, 0, { from, to });
  }
}
