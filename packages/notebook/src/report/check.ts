/**
 * `prewitt check`: type-checks notebooks, which neither tsx nor Node does, with the TypeScript and the `tsconfig.json` of
 * their project; errors are told by cell and line.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { OptionError } from "@prewitt/core";
import { cellAt, parseCells } from "./cells.ts";

/** What a notebook needs where its project says nothing. */
const DEFAULTS = {
  target: "ES2023",
  lib: ["ES2023", "ESNext.Disposable", "DOM"],
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  skipLibCheck: true,
};
/** What checking needs whatever the project says. */
const NEEDED = {
  noEmit: true,
  allowImportingTsExtensions: true,
  moduleDetection: "force",
  composite: false,
  incremental: false,
};

export interface CheckProblem {
  readonly file: string;
  readonly line: number;
  /** Number of the cell from 1, 0 before the first. */
  readonly cell: number;
  readonly message: string;
}

/**
 * The type errors of the notebooks.
 *
 * Throws `OptionError` for files that are not there and when TypeScript is not installed.
 */
export function checkNotebooks(files: readonly string[]): CheckProblem[] {
  const missing = files.filter((file) => !existsSync(file));
  if (files.length === 0 || missing.length > 0) {
    throw new OptionError({
      op: "prewitt check",
      summary: files.length === 0 ? "no notebook was named" : `there is no file ${missing.join(", ")}`,
      fix: "prewitt check notebook.ts",
    });
  }
  const paths = files.map((file) => realpathSync(resolve(file)));
  const home = dirname(paths[0] as string);
  const project = findUp(home, "tsconfig.json");
  // Beside the notebooks, so that types are found as they are from there.
  const folder = mkdtempSync(join(home, ".prewitt-check-"));
  try {
    const config = join(folder, "tsconfig.json");
    const options = project === undefined ? { ...DEFAULTS, ...NEEDED } : NEEDED;
    const content = { ...(project && { extends: project }), compilerOptions: options, files: paths, include: [] };
    writeFileSync(config, JSON.stringify(content));
    const tsc = compilerOf(home);
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", config, "--pretty", "false"], {
      encoding: "utf8",
    });
    const problems = parseProblems(stdout, folder);
    if (status !== 0 && problems.length === 0) {
      throw new OptionError({ op: "prewitt check", summary: "TypeScript could not check", problems: [stdout.trim()] });
    }
    return problems;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compilerOf(home: string): string {
  for (const base of [home, process.cwd(), dirname(process.argv[1] ?? home)]) {
    try {
      const manifest = createRequire(join(base, "any.js")).resolve("typescript/package.json");
      const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: { tsc: string } };
      return join(dirname(manifest), bin.tsc);
    } catch {
      // The next base may find it.
    }
  }
  throw new OptionError({
    op: "prewitt check",
    summary: "TypeScript is not installed",
    fix: "npm install --save-dev typescript",
  });
}

function findUp(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
    if (dirname(folder) === folder) return undefined;
  }
}

/** `file(line,column): error TS1234: message`, with indented lines that go on. */
function parseProblems(text: string, base: string): CheckProblem[] {
  const problems: CheckProblem[] = [];
  for (const line of text.split("\n")) {
    const [, file, at, message] = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/.exec(line) ?? [];
    const last = problems.at(-1);
    if (file !== undefined) {
      // tsc writes paths from the folder that it was started in.
      const path = [resolve(file), resolve(base, file)].find((candidate) => existsSync(candidate)) ?? file;
      const cells = existsSync(path) ? parseCells(readFileSync(path, "utf8")) : [];
      const cell = cellAt(cells, Number(at)) + 1;
      problems.push({ file: relative(process.cwd(), path), line: Number(at), cell, message: message as string });
    } else if (/^\s/.test(line) && last !== undefined) {
      problems[problems.length - 1] = { ...last, message: `${last.message}\n${line}` };
    }
  }
  return problems;
}
