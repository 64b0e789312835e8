// The code in README.md, docs/ and the packages' READMEs is true: every ```ts block is type-checked as a module of its
// own, and every ```ts run block is also run (with PREWITT_SHORT=1 in the environment). Other blocks are left alone.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Snippet {
  /** `docs-concepts-12.ts` is the block that begins on line 12 of docs/concepts.md. */
  file: string;
  text: string;
  runs: boolean;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "test", ".documents");

function snippetsOf(document: string): Snippet[] {
  const text = readFileSync(join(root, document), "utf8");
  const name = document.replace(/\.md$/, "").replaceAll(/[^A-Za-z0-9]+/g, "-");
  return [...text.matchAll(/^```ts( run)?\n(.*?)^```$/gms)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    return { file: `${name}-${line}.ts`, text: match[2]!, runs: match[1] !== undefined };
  });
}

/** Runs a command over the snippets and says which one failed, with what it printed. */
function passes(what: string, command: string, args: string[]): boolean {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) console.error(`${what} failed:\n${stdout}${stderr}`);
  return status === 0;
}

function markdownIn(directory: string, recursive: boolean): string[] {
  if (!existsSync(join(root, directory))) return [];
  const files = readdirSync(join(root, directory), { recursive, encoding: "utf8" }).sort();
  return files.filter((file) => file.endsWith(".md")).map((file) => join(directory, file));
}

const packages = readdirSync(join(root, "packages")).map((name) => join("packages", name));
const documents = [
  ...markdownIn(".", false),
  ...markdownIn("docs", true),
  ...packages.flatMap((directory) => markdownIn(directory, false)),
];
const snippets = documents.flatMap(snippetsOf);
if (existsSync(folder)) rmSync(folder, { recursive: true });
mkdirSync(folder);
for (const { file, text } of snippets) writeFileSync(join(folder, file), text);
const config = join(folder, "tsconfig.json");
writeFileSync(config, JSON.stringify({ extends: "../../tsconfig.base.json", files: snippets.map(({ file }) => file) }));

let ok = snippets.length === 0 || passes("the types of the documents' code", "tsc", ["-p", config]);
for (const { file } of snippets.filter(({ runs }) => runs)) {
  ok = passes(file, "node", ["--import", "tsx", join(folder, file)]) && ok;
}
rmSync(folder, { recursive: true });
console.log(`${documents.length} documents, ${snippets.length} blocks of code`);
process.exitCode = ok ? 0 : 1;
