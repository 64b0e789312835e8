// `npm test`: types, lint, tests, examples in short form, the code in the documents, and the packed packages.
//
// Prints one line a stage with its time, a stage's own output only when it fails, and as the last line
// `N passed, N failed`, with `, N skipped` where there are any: every vitest test counts, and so does every other stage.
// Names given as arguments choose stages, for instance `npm test -- types lint`.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideBrowser } from "./browser.mjs";
import { examples, run } from "./workspace.mjs";

/** Asks examples and document snippets for their short form: seconds, not minutes. */
const short = { ...process.env, PREWITT_SHORT: "1" };

const one = async (command, args, options) => {
  const { code, output } = await run(command, args, options);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output };
};

/** All vitest tests, counted from its JSON report; a file that cannot even be loaded is one failure. */
async function vitest() {
  const folder = mkdtempSync(join(tmpdir(), "prewitt-vitest-"));
  const report = join(folder, "report.json");
  try {
    const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const { code, output } = await run("vitest", args, { env: { ...process.env, NO_COLOR: "1" }, minutes: 20 });
    return { ...countTests(report, code), output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countTests(report, code) {
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const broken = counts.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  const failed = counts.numFailedTests + broken.length;
  const skipped = counts.numPendingTests + counts.numTodoTests;
  const note = skipped ? `${skipped} skipped` : undefined;
  return { passed: counts.numPassedTests, failed: failed || (code === 0 ? 0 : 1), skipped, note };
}

const stages = [
  { name: "types", work: () => one("tsc", ["-p", "tsconfig.json"]) },
  { name: "lint", work: () => one("biome", ["check", "--error-on-warnings", "."]) },
  { name: "browser", work: provideBrowser },
  { name: "tests", work: vitest },
  ...examples().map(({ name }) => ({
    name: `example ${name}`,
    work: () => one("node", ["--import", "tsx", "scripts/example.mjs", name], { env: short }),
  })),
  { name: "documents", work: () => one("node", ["--import", "tsx", "test/documents.ts"], { env: short }) },
  { name: "packed", work: () => one("node", ["scripts/pack-install.mjs"]) },
];

const chosen = process.argv.slice(2);
const selected = stages.filter(({ name }) => chosen.length === 0 || chosen.includes(name.split(" ")[0]));
if (selected.length === 0) {
  console.error(`No stage is called ${chosen.join(" or ")}; there are ${stages.map(({ name }) => name).join(", ")}.`);
  process.exit(1);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, work } of selected) {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  const alive = setInterval(() => console.log(`… ${name}, ${seconds()} s`), 30_000);
  const { passed, failed, skipped = 0, output, note } = await work();
  clearInterval(alive);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  if (failed) console.log(`${output.trimEnd()}\n`);
  const counts = passed + failed > 1 ? `  ${passed} passed, ${failed} failed` : "";
  console.log(`${failed ? "✗" : passed ? "✓" : "–"} ${name}${counts}${note ? `, ${note}` : ""}  (${seconds()} s)`);
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = total.failed ? 1 : 0;
