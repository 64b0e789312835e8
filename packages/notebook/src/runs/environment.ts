/**
 * What a run depends on beside its code: versions, processor, executor, seed, and the commit where there is one.
 */

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { promisify } from "node:util";
import { session } from "@prewitt/core";

export interface Environment {
  /** Version of this library. */
  readonly prewitt: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly executor: string;
  /** Threads asked for; absent where the executor chooses. */
  readonly threads?: number | undefined;
  readonly precision: string;
  /** Commit of the working folder, with "+" when files differ from it; absent outside of repositories. */
  readonly commit?: string | undefined;
}

/** The environment of this process, but for the commit. */
export function environmentOf(): Environment {
  const [first] = cpus();
  session.executor ??= session.executorFactory?.();
  return {
    prewitt: libraryVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: first?.model ?? "unknown",
    cores: cpus().length,
    executor: session.executor?.name ?? "reference",
    ...(session.threads !== undefined && { threads: session.threads }),
    precision: session.precision,
  };
}

/** From this package's manifest, which lies above the sources and the build at different heights. */
function libraryVersion(): string {
  for (const above of ["../", "../../", "../../../"]) {
    const manifest = new URL(`${above}package.json`, import.meta.url);
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  }
  return "unknown";
}

/** The commit of a folder, with "+" when files differ from it; `undefined` outside of repositories. */
export async function commitOf(folder = process.cwd()): Promise<string | undefined> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)("git", args, { cwd: folder })).stdout.trim();
  try {
    const [commit, changes] = await Promise.all([
      git("rev-parse", "--short=12", "HEAD"),
      git("status", "--porcelain", "--untracked-files=no"),
    ]);
    return changes === "" ? commit : `${commit}+`;
  } catch {
    return undefined;
  }
}
