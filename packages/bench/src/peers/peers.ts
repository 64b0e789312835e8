/**
 * The same work on other libraries for JavaScript, as a user installs them: into `.cache/peers`, pinned, outside of the
 * workspace. What a peer cannot run is a row with `cannot` and its own message.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npmProject } from "../packed.ts";
import { say } from "../row.ts";

const pinned = ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0", "@jax-js/jax@0.1.25"];

/** Script and its further arguments. */
const runs: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ["tfjs wasm", "tfjs.mjs", "wasm"],
  ["tfjs cpu", "tfjs.mjs", "cpu"],
  ["jax-js wasm", "jax.mjs"],
];

/** What each workload prints, in order. */
const cases: Readonly<Record<string, readonly string[]>> = {
  W1: ["512^3", "1024^3"],
  W2: [..."abcdef"].flatMap((name) => [`${name} fwd`, `${name} fwd+bwd`]),
  W3: ["train b64", "train b128"],
};
/** A peer that takes longer for a workload is ended, and its missing cases say so. */
const LIMIT_SECONDS = 120;

/** Runs W1, W2 and W3, those among `what`, on every peer; their rows go to standard output. */
export function peers(what: readonly string[], seconds: number): void {
  say("installing the peers …");
  const folder = npmProject("peers", pinned);
  for (const file of ["common.mjs", "tfjs.mjs", "jax.mjs"])
    copyFileSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file));
  for (const [name, script, ...args] of runs) {
    for (const work of what.filter((w) => w in cases)) {
      say(`${name}: ${work}`);
      const { status, signal, stdout } = spawnSync(process.execPath, [script, work, `${seconds}`, ...args], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
        timeout: LIMIT_SECONDS * 1000,
        killSignal: "SIGKILL",
      });
      // Libraries say things on standard output too.
      const rows = stdout.split("\n").filter((line) => line.startsWith("{"));
      for (const row of rows) process.stdout.write(`${row}\n`);
      if (status === 0) continue;
      const cannot = signal === null ? `ended with exit code ${status}` : `not done within ${LIMIT_SECONDS} s`;
      for (const missing of (cases[work] ?? []).slice(rows.length)) {
        process.stdout.write(`${JSON.stringify({ peer: name, what: work, case: missing, cannot })}\n`);
      }
    }
  }
}
