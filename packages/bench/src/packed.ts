/**
 * The packages as users get them: built, packed and installed from tarballs into `.cache/packed` of the workspace.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "./row.ts";

export const workspace: string = fileURLToPath(new URL("../../..", import.meta.url));
export const cacheFolder = (name: string): string => join(workspace, ".cache", name);

/** Runs a command to its end; throws with what it printed when it fails. */
export function mustRun(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
  return stdout;
}

/** An npm project in the cache folder with these packages, exact versions or tarballs. */
export function npmProject(name: string, packages: readonly string[]): string {
  const folder = cacheFolder(name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"];
  mustRun("npm", ["install", ...quiet, ...packages], folder);
  return folder;
}

/** Builds, packs and installs; gives the folder of a project that has `prewitt`. */
export function packedProject(): string {
  say("building and packing …");
  mustRun(process.execPath, ["scripts/build.mjs"], workspace);
  const tarballs = cacheFolder("tarballs");
  rmSync(tarballs, { recursive: true, force: true });
  rmSync(cacheFolder("packed"), { recursive: true, force: true });
  mkdirSync(tarballs, { recursive: true });
  const names = readdirSync(join(workspace, "packages")).flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(workspace, "packages", name, "package.json"), "utf8"));
    return manifest.private === true ? [] : [`--filter=${manifest.name}`];
  });
  mustRun("npx", ["--yes", "pnpm@12", ...names, "-r", "pack", "--pack-destination", tarballs], workspace);
  return npmProject(
    "packed",
    readdirSync(tarballs).map((file) => join(tarballs, file)),
  );
}
