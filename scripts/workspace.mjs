// What the scripts share: where the workspace is, which packages it publishes, and how to run a command quietly.

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The pnpm that made the lock file, run through npx so that nothing but npm needs to be there. */
export const pnpm = ["npx", "--yes", "pnpm@12"];

/** Every package that is published: its folder and manifest. */
export function publishedPackages() {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
    .filter(({ manifest }) => !manifest.private);
}

/** The environment without the workspace's own executables: what a user's shell has, and what npm adds to it removed. */
export function machineEnvironment() {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle)_/.test(name));
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { ...Object.fromEntries(entries), PATH: path.join(delimiter) };
}

/**
 * Runs a command to its end and resolves to its exit code and everything it printed.
 * Ends it after `minutes`: a hang is a failure, not a wait.
 */
export function run(command, args, { cwd = root, env = process.env, minutes = 10 } = {}) {
  return new Promise((resolve) => {
    const shell = process.platform === "win32";
    const child = spawn(command, args, { cwd, env, shell, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    const timer = setTimeout(() => {
      output += `\nStopped: still running after ${minutes} minutes.\n`;
      child.kill("SIGKILL");
      end(1);
    }, minutes * 60_000);
    const end = (code) => {
      clearTimeout(timer);
      // A grandchild that outlives the command may hold the pipes open; it is not waited for.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += `Cannot run ${command}: ${error.message}\n`;
      end(1);
    });
    child.on("close", (code) => end(code ?? 1));
  });
}

/** Like `run`, but throws with the whole output when the command fails. */
export async function mustRun(command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** The examples: every script in examples/ and every notebook in examples/notebooks/, by the name of its file. */
export function examples() {
  return ["examples", "examples/notebooks"]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder)).map((file) => ({ name: file.slice(0, -3), path: `${folder}/${file}` })),
    )
    .filter(({ path }) => path.endsWith(".ts"));
}
