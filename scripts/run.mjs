// Runs a command of this workspace: `node scripts/run.mjs <command> [arguments]`.
//
// Works on a machine that has only Node 20 and npm: installs the locked dependencies when they are missing or out of
// date, then puts node_modules/.bin first on PATH, so that the command and all its children run on the pinned Node.
// Prints nothing of its own on stdout.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const stamp = join(root, "node_modules", ".installed-lock.yaml");
const shell = process.platform === "win32";

/** True when node_modules was installed from the lock file as it is now. */
function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
}

function install() {
  console.error("Installing the locked dependencies (once) …");
  const args = ["--yes", "pnpm@12", "install", "--frozen-lockfile"];
  const { status } = spawnSync("npx", args, { cwd: root, shell, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    console.error(`The installation failed: npx ${args.join(" ")} ended with ${status ?? "a signal"}.`);
    process.exit(1);
  }
  writeFileSync(stamp, readFileSync(join(root, "pnpm-lock.yaml")));
}

if (!isInstalled()) install();

const [command, ...args] = process.argv.slice(2);
const env = { ...process.env, PATH: bin + delimiter + (process.env.PATH ?? "") };
const child = spawn(command, args, { cwd: root, env, shell, stdio: "inherit" });
// The child decides how to end, and its answer is passed on. A Ctrl-C on a terminal has reached it already.
process.on("SIGTERM", () => child.kill("SIGTERM"));
process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
child.on("error", (error) => {
  console.error(`Cannot run ${command}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
