/**
 * W6: from the start of a process to the end of its first training step, of the packed build; beside it the time under
 * tsx, from the sources. Medians of several processes.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packedProject } from "../packed.ts";
import { emit, say } from "../row.ts";

const RUNS = 9;
const script = fileURLToPath(new URL("step.mjs", import.meta.url));

interface Parts {
  readonly booted: number;
  readonly imported: number;
  readonly built: number;
  readonly first: number;
  readonly second: number;
}

function once(node: string, flags: readonly string[], file: string, cwd: string, threads: number): Parts {
  const env = { ...process.env, PREWITT_THREADS: `${threads}`, BENCH_START: `${Date.now()}` };
  const { status, stdout, stderr } = spawnSync(node, [...flags, file], { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`the first step failed:\n${stderr}`);
  return JSON.parse(stdout) as Parts;
}

function report(name: string, runs: readonly Parts[], common: Readonly<Record<string, unknown>>): void {
  const sorted = (of: (p: Parts) => number): number[] => runs.map(of).sort((a, b) => a - b);
  const median = (of: (p: Parts) => number): number => sorted(of)[Math.floor(runs.length / 2)] as number;
  const times = sorted((p) => p.first);
  say(
    `${name}: Node ${median((p) => p.booted)} ms, import ${median((p) => p.imported - p.booted)} ms, model ${median((p) => p.built - p.imported)} ms, first step ${median((p) => p.first - p.built)} ms, second step ${median((p) => p.second)} ms`,
  );
  const row = { what: "W6", case: name, ms: median((p) => p.first), n: runs.length };
  emit({ ...row, p10: times[0] as number, p90: times.at(-1) as number }, common);
}

/** @param node Path of the Node that runs the packed build; the time under tsx is that of this process's Node. */
export function firstStep(common: Readonly<Record<string, unknown>>, threads: number, node: string): void {
  const folder = packedProject();
  copyFileSync(script, join(folder, "step.mjs"));
  const repeat = (flags: readonly string[], file: string, cwd: string, by: string): Parts[] =>
    Array.from({ length: RUNS + 1 }, () => once(by, flags, file, cwd, threads)).slice(1);
  report("first step", repeat([], "step.mjs", folder, node), common);
  const here = fileURLToPath(new URL("../..", import.meta.url));
  report("first step under tsx", repeat(["--import", "tsx"], script, here, process.execPath), common);
}
