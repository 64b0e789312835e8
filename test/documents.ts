// The code in README.md, docs/ and the packages' READMEs is true: every ```ts block is type-checked as a module of its
// own, and every ```ts run block is also run (with PREWITT_SHORT=1 in the environment). Other blocks are left alone.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
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
function passes(what: string, command: string, args: string[]): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    const end = (code: number | null): void => {
      if (code !== 0) console.error(`${what} failed:\n${output}`);
      done(code === 0);
    };
    child.on("error", (error) => {
      output += error.message;
      end(1);
    });
    child.on("close", end);
  });
}

/** The snippets that run, as many at a time as there are cores. */
async function runAll(files: readonly string[]): Promise<boolean> {
  const waiting = files.values();
  const worker = async (): Promise<boolean> => {
    let ok = true;
    for (const file of waiting) ok = (await passes(file, "node", ["--import", "tsx", join(folder, file)])) && ok;
    return ok;
  };
  return (await Promise.all(Array.from({ length: availableParallelism() }, worker))).every(Boolean);
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

let ok = snippets.length === 0 || (await passes("the types of the documents' code", "tsc", ["-p", config]));
ok = (await runAll(snippets.flatMap(({ file, runs }) => (runs ? [file] : [])))) && ok;
rmSync(folder, { recursive: true });
console.log(`${documents.length} documents, ${snippets.length} blocks of code`);
process.exitCode = ok ? 0 : 1;
