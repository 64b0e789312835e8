// `npm run ops`: runs the battery of every op and writes its table to docs/ops.md.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Marks, opRows, runBattery, tableLine } from "./rows.ts";

const HEAD = `# Ops

What every op declares and what its tests say, written by \`npm run ops\` from \`allOps\` and from the battery, which it runs:
known values, equal bits fused and unfused and twice, and wording of errors (reference); the same values and first gradients
within the tolerance of the kernel's kind (wasm); the gradient rule against differences in float64, first and second order.
✓ all of the op's cases passed, ✗ one failed, – there is none. \`npm test\` runs the same cases, and is red when this list
is not that of \`allOps\`.

| op | reference | wasm | gradient | 1st order | 2nd order |
| --- | :---: | :---: | --- | :---: | :---: |`;

const none: Marks = { reference: undefined, wasm: undefined, derivatives: undefined };
const marks = runBattery();
const lines = opRows().map((row) => tableLine(row, marks.get(row.name) ?? none));
const file = fileURLToPath(new URL("../../docs/ops.md", import.meta.url));
writeFileSync(file, `${[HEAD, ...lines].join("\n")}\n`);
spawnSync("biome", ["format", "--write", file]); // columns of equal width
console.log(`${lines.length} ops in docs/ops.md`);
