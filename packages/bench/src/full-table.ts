/**
 * The README's table by one command: this benchmark, PyTorch's and the peers' run in turn, as processes of their own, so
 * that a disturbance meets all alike. Rows go to `.cache/speed.jsonl`; each case shows the median of its rows.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./packed.ts";
import { say } from "./row.ts";
import { readRows, speedTable, writeTable } from "./table.ts";

const ROUNDS = 3;

export interface TableOptions {
  readonly what: readonly string[];
  readonly threads: number;
  readonly seconds: number;
  /** A Python with PyTorch, and whether to run the peers. */
  readonly pytorch: string | undefined;
  readonly peers: boolean;
}

/** Measures; gives the file of rows. */
export function measureRows({ what, threads, seconds, pytorch, peers }: TableOptions): string {
  const common = ["--threads", `${threads}`, "--seconds", `${seconds}`];
  const lines: string[] = [];
  const run = (...args: string[]): void => {
    const options = [...process.execArgv, process.argv[1] as string, ...args, ...common];
    const { stdout } = spawnSync(process.execPath, options, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    lines.push(...stdout.split("\n").filter((line) => line.startsWith("{")));
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of what) {
      run("--what", name);
      if (pytorch !== undefined) run("--what", name, "--pytorch", pytorch);
    }
  }
  if (peers) run("--what", what.join(), "--peers");
  mkdirSync(cacheFolder("."), { recursive: true });
  const file = join(cacheFolder("."), "speed.jsonl");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

/** Writes the table of these rows into the README. */
export function tableOf(files: readonly string[]): void {
  const table = speedTable(readRows(files));
  if (!writeTable(table)) say("the README has no marks for the table");
  say(table);
}
