/**
 * Pass: the order of kernels. The order of the graph is kept, with two exceptions: dead kernels go, with the buffers that
 * nothing touches then, and checks move up to right after what they check, so that a NaN is found before the work behind
 * it is done.
 */

import { allReads, type Kernel } from "../program/kernels.ts";
import type { Program } from "../program/program.ts";
import { compact } from "./compact.ts";

export function schedule(program: Program): Program {
  return compact({ ...program, kernels: hoistChecks(dropDead(program)) });
}

function dropDead(program: Program): Kernel[] {
  const needed = new Set<number>();
  for (const o of program.outputs) needed.add(o.buffer);
  for (const a of program.assigns) needed.add(a.value.buffer);
  const kept: Kernel[] = [];
  for (let i = program.kernels.length - 1; i >= 0; i--) {
    const kernel = program.kernels[i] as Kernel;
    if (kernel.kind !== "check" && !kernel.writes.some((w) => needed.has(w.buffer))) continue;
    for (const r of allReads(kernel)) needed.add(r.buffer);
    kept.push(kernel);
  }
  return kept.reverse();
}

function hoistChecks(kernels: readonly Kernel[]): Kernel[] {
  const checks = kernels.filter((k) => k.kind === "check");
  if (checks.length === 0) return [...kernels];
  const order: Kernel[] = [];
  const waiting = new Set(checks);
  for (const kernel of kernels) {
    if (kernel.kind === "check") continue;
    order.push(kernel);
    for (const check of waiting) {
      if (!check.reads.some((r) => kernel.writes.some((w) => w.buffer === r.buffer))) continue;
      order.push(check);
      waiting.delete(check);
    }
  }
  return [...waiting, ...order];
}
