/**
 * The command line: `prewitt run notebook.ts [--out report.html] [--watch] [-- arguments]`, `prewitt check notebook.ts …`.
 */

import { relative } from "node:path";
import { parseArgs } from "node:util";
import { PrewittError } from "@prewitt/core";
import { checkNotebooks } from "./check.ts";
import { runNotebook } from "./run-notebook.ts";
import { watchNotebook } from "./watch.ts";

const USAGE = `prewitt run notebook.ts [--out report.html] [--watch] [-- arguments of the notebook]
    runs the notebook from top to bottom and writes a report of it (default runs/<notebook>/report.html)
prewitt check notebook.ts …
    type-checks notebooks; errors are told by cell and line`;

/** Runs a command line, without node and script; resolves to the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  try {
    if (command === "run") return await run(rest);
    if (command === "check") return check(rest);
    console.error(USAGE);
    return command === undefined || command === "--help" || command === "-h" ? 0 : 1;
  } catch (error) {
    const expected = error instanceof PrewittError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    if (!expected) throw error;
    console.error((error as Error).message);
    return 1;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const cut = args.indexOf("--");
  const [own, theirs] = cut < 0 ? [args, []] : [args.slice(0, cut), args.slice(cut + 1)];
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: { out: { type: "string" }, watch: { type: "boolean" } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    console.error(USAGE);
    return 1;
  }
  const options = { out: values.out, args: theirs };
  if (values.watch) return watchNotebook(file, options);
  const { code, report } = await runNotebook(file, options);
  if (report !== undefined) {
    console.log(`The report is in ${relative(process.cwd(), report) || report}: open it in a browser.`);
  }
  return code;
}

function check(files: readonly string[]): number {
  const problems = checkNotebooks(files);
  for (const { file, line, cell, message } of problems) console.error(`${file}:${line} (cell ${cell}): ${message}`);
  console.log(problems.length === 0 ? `${files.length} checked, no errors` : `${problems.length} errors`);
  return problems.length === 0 ? 0 : 1;
}
