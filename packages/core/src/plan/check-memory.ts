/**
 * Refuses plans that need more memory than the executor has, before anything runs: with the peak, the largest tensors
 * that are alive then, and how small a batch would fit.
 */

import { MemoryError } from "../errors/errors.ts";
import type { Kernel, KernelOrigin } from "../program/kernels.ts";
import type { Buffer, Program } from "../program/program.ts";
import type { ExecutorTraits } from "../run/executor.ts";
import { byteSize } from "../tensor/dtype.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import { byteText } from "./cost.ts";

/** Tensors that the error lists. */
const SHOWN = 5;

const bytesOf = (b: Buffer): number => sizeOf(b.shape) * byteSize(b.dtype);
const total = (buffers: readonly Buffer[]): number => buffers.reduce((sum, b) => sum + bytesOf(b), 0);

/** Throws `MemoryError` when intermediates, inputs and variables together exceed the executor's limit. */
export function checkMemory(program: Program, { memoryLimit }: ExecutorTraits): void {
  const bound = total(program.buffers.filter((b) => b.role !== "temporary"));
  const needed = program.arena + bound;
  if (needed <= memoryLimit) return;
  const live = liveAtPeak(program);
  const largest = [...live].sort((a, b) => bytesOf(b) - bytesOf(a)).slice(0, SHOWN);
  const parts = `${byteText(program.arena)} of intermediates, ${byteText(bound)} of inputs and variables`;
  throw new MemoryError({
    summary: `the plan needs ${byteText(needed)} of memory at its peak, the executor has ${byteText(memoryLimit)}`,
    problems: [
      ...(bound === 0 ? [] : [parts]),
      ...largest.map((b) => `${byteText(bytesOf(b))} alive at the peak: ${describe(program, b)}`),
    ],
    fix: [smallerBatch(live, needed, memoryLimit), checkpointed(program, live)].filter((s) => s !== "").join(", or "),
    at: originOf(program, largest[0])?.at(),
  });
}

/** The temporaries that are alive when they take most. */
function liveAtPeak(program: Program): Buffer[] {
  const temporaries = program.buffers.filter((b) => b.role === "temporary" && b.first >= 0);
  const change = new Array<number>(program.kernels.length + 2).fill(0);
  for (const b of temporaries) {
    (change[b.first] as number) += bytesOf(b);
    (change[b.last + 1] as number) -= bytesOf(b);
  }
  let [most, peak, now] = [-1, 0, 0];
  change.forEach((bytes, kernel) => {
    now += bytes;
    if (now <= most) return;
    most = now;
    peak = kernel;
  });
  return temporaries.filter((b) => b.first <= peak && peak <= b.last);
}

/** The op whose value the buffer holds. */
function originOf(program: Program, buffer: Buffer | undefined): KernelOrigin | undefined {
  const writer = program.kernels.find((k: Kernel) => k.writes.some((w) => w.buffer === buffer?.id));
  return writer?.origins?.at(-1);
}

function describe(program: Program, buffer: Buffer): string {
  const origin = originOf(program, buffer);
  const op = origin === undefined ? "" : ` of ${origin.partOf ?? origin.op}`;
  const module = origin === undefined || origin.scope === "" ? "" : ` in ${origin.scope}`;
  return `${buffer.dtype} ${formatShape(buffer.shape)}${op}${module}`;
}

/** Most of what is alive has the batch as its first extent: it shrinks with the batch, the rest stays. */
function smallerBatch(live: readonly Buffer[], needed: number, limit: number): string {
  const byExtent = new Map<number, number>();
  for (const b of live) {
    const extent = b.shape[0] ?? 1;
    byExtent.set(extent, (byExtent.get(extent) ?? 0) + bytesOf(b));
  }
  const [batch, share] = [...byExtent].sort((a, b) => b[1] - a[1])[0] ?? [1, 0];
  const most = Math.floor((batch * (limit - (needed - share))) / share);
  return batch > 1 && most >= 1 && most < batch ? `use a batch of at most ${most} instead of ${batch}` : "";
}

function checkpointed(program: Program, live: readonly Buffer[]): string {
  const byModule = new Map<string, number>();
  for (const b of live) {
    const scope = originOf(program, b)?.scope ?? "";
    if (scope !== "") byModule.set(scope, (byModule.get(scope) ?? 0) + bytesOf(b));
  }
  const [path, bytes] = [...byModule].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
  if (path === "") return "checkpoint() around the largest blocks";
  return `checkpoint() around ${path}, whose values take ${byteText(bytes)}`;
}
