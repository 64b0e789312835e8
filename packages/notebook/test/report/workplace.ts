/**
 * Notebooks in processes of their own: a temporary folder inside this package, so that what they import resolves, and the
 * command `prewitt` run there as a user runs it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const tsx = pathToFileURL(createRequire(`${root}package.json`).resolve("tsx")).href;
const command = join(root, "packages", "prewitt", "src", "cli.ts");
const exampleCommand = join(root, "scripts", "example.mjs");

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #err = "";

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#out += chunk;
    });
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#err += chunk;
    });
    this.ended = once(child, "close").then(([code]) => ({ code, out: this.#out, err: this.#err }));
  }

  /** Both streams so far. */
  get text(): string {
    return `${this.#out}${this.#err}`;
  }

  /** Resolves to the first match on either stream. Rejects when the process ends without it. */
  async said(wanted: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = wanted.exec(this.#out) ?? wanted.exec(this.#err);
      if (found !== null) return found;
      if (this.child.exitCode !== null) throw new Error(`it ended without saying ${wanted}:\n${this.text}`);
      await Promise.race([once(this.child.stdout!, "data"), once(this.child.stderr!, "data"), this.ended]);
    }
  }
}

export class Workplace {
  readonly folder: string;
  readonly #started: ChildProcess[] = [];

  constructor() {
    const runs = fileURLToPath(new URL("../../runs/", import.meta.url));
    mkdirSync(runs, { recursive: true });
    this.folder = mkdtempSync(join(runs, "test-"));
  }

  write(name: string, text: string): string {
    const file = this.path(name);
    writeFileSync(file, text);
    return file;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** Starts `prewitt` with these arguments in the folder. */
  start(...args: string[]): Started {
    return this.#start(command, args);
  }

  /** Runs `npm run example -- …` in the folder. */
  example(...args: string[]): Promise<Ended> {
    return this.#start(exampleCommand, args).ended;
  }

  #start(script: string, args: readonly string[]): Started {
    const env = { ...process.env, NO_COLOR: "1", PREWITT_SHORT: "" };
    const child = spawn(process.execPath, ["--import", tsx, script, ...args], { cwd: this.folder, env });
    this.#started.push(child);
    return new Started(child);
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  remove(): void {
    for (const child of this.#started) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A cell's part of a report, by its number from 1. */
export function cellOf(html: string, number: number): string {
  const [, after] = html.split(`<section id="cell-${number}"`);
  if (after === undefined) throw new Error(`the report has no cell ${number}`);
  return after.slice(0, after.indexOf("</section>"));
}
