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

/** Runs W1, W2 and W3, those among `what`, on every peer; their rows go to standard output. */
export function peers(what: readonly string[], seconds: number): void {
  say("installing the peers …");
  const folder = npmProject("peers", pinned);
  for (const file of ["common.mjs", "tfjs.mjs", "jax.mjs"])
    copyFileSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file));
  const common = what.filter((name) => ["W1", "W2", "W3"].includes(name));
  for (const [name, script, ...args] of runs) {
    say(`${name}: ${common.join(", ")}`);
    const { status, stdout } = spawnSync(process.execPath, [script, common.join(), `${seconds}`, ...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Libraries say things on standard output too.
    for (const line of stdout.split("\n")) if (line.startsWith("{")) process.stdout.write(`${line}\n`);
    if (status !== 0) say(`${name} ended with exit code ${status}`);
  }
}
