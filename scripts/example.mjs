// Runs one example by name: `npm run example -- 1-what-a-convolution-sees`. Without a name it lists them, each with
// its title or the first sentence of its header.
// The example runs in this process (started with `--import tsx`), so signals and the exit code are its own.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { examples, root } from "./workspace.mjs";

const [name, ...args] = process.argv.slice(2);
const found = examples().find((example) => example.name === name);
if (found) {
  const path = join(root, found.path);
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
} else {
  const list = examples();
  const width = Math.max(...list.map((example) => example.name.length));
  console.error(
    name ? `There is no example "${name}". The examples are:` : "npm run example -- NAME [--short], one of:",
  );
  for (const example of list) console.error(`  ${example.name.padEnd(width)}  ${aboutOf(example.path)}`.trimEnd());
  process.exitCode = 1;
}

/** The title of a notebook, else the first sentence of the header comment. */
function aboutOf(path) {
  const lines = readFileSync(join(root, path), "utf8").split("\n").slice(0, 40);
  const texts = lines.map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*|\/\/)\s?/, "").trim());
  const title = texts.find((text) => text.startsWith("# "));
  if (title !== undefined) return `${title.replace(/^# (\d+ · )?/, "")}.`;
  const from = texts.findIndex((text) => /^[A-Z]/.test(text));
  const header = texts.slice(from).join(" ");
  return from < 0 ? "" : (header.match(/^.*?[.:](?= |$)/)?.[0] ?? texts[from]).replace(/:$/, ".");
}
