// Runs one example by name, with a report: `npm run example -- 1-what-a-convolution-sees`. Without a name it lists them,
// each with its title.
// The example runs in a process of its own, whose terminal, signals and exit code are those of this one.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { examples, root } from "./workspace.mjs";

const [name, ...args] = process.argv.slice(2);
const found = examples().find((example) => example.name === name);
if (found) {
  const { runNotebook } = await import("../packages/notebook/src/report/run-notebook.ts");
  const out = reportOf(found.name, args.includes("--short") || process.env.PREWITT_SHORT === "1");
  // The last line of a task is its result, so where the report will be is said first.
  const isTask = readFileSync(join(root, found.path), "utf8").includes('"./shared/task.ts"');
  if (isTask) console.error(`The report will be in ${out} when the run has ended.`);
  const { code, report } = await runNotebook(join(root, found.path), { out, args });
  if (!isTask && report !== undefined) console.log(`The report is in ${out}: open it in a browser.`);
  process.exitCode = code;
} else {
  const list = examples();
  const width = Math.max(...list.map((example) => example.name.length));
  console.error(
    name ? `There is no example "${name}". The examples are:` : "npm run example -- NAME [--short], one of:",
  );
  for (const example of list) console.error(`  ${example.name.padEnd(width)}  ${aboutOf(example.path)}`.trimEnd());
  process.exitCode = 1;
}

/** Beside what the example itself saves. */
function reportOf(name, short) {
  const folder = name === "train-mnist" ? "mnist" : name;
  return join("runs", short ? `${folder}-short` : folder, "report.html");
}

/** The title of an example. */
function aboutOf(path) {
  const title = /^\/\/ # (?:\d+ · )?(.+)$/m.exec(readFileSync(join(root, path), "utf8"))?.[1];
  return title === undefined ? "" : `${title}.`;
}
