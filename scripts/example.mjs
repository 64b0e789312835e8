// Runs one example by name: `npm run example -- what-a-convolution-sees`. Without a name it lists them.
// The example runs in this process (started with `--import tsx`), so signals and the exit code are its own.

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
  const names = examples().map((example) => `  ${example.name}`);
  console.error(name ? `There is no example "${name}". The examples are:` : "npm run example -- NAME, one of:");
  console.error(names.join("\n") || "  (none)");
  process.exitCode = 1;
}
