// The rules that keep the packages apart, proved by breaking each once: Biome runs with the workspace's own
// configuration on planted files in a copy of the packages' manifests, and must name the rule at the planted line.

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = readdirSync(join(root, "packages"));

/** What each package may import: the arrows of the design. The umbrella and the benchmarks may import everything. */
const arrows: Record<string, string[]> = {
  core: [],
  ops: ["core"],
  nn: ["core", "ops"],
  wasm: ["core"],
  testing: ["core"],
  models: ["core", "ops", "nn"],
  data: ["core", "nn"],
  io: ["core", "nn"],
  notebook: ["core", "nn"],
};
const withoutDependencies = ["core", "ops", "nn", "wasm"];

interface Finding {
  file: string;
  line: number;
  rule: string;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-arrows-"));
  for (const file of ["biome.json", ".gitignore"]) cpSync(join(root, file), join(folder, file));
  for (const name of packages) {
    mkdirSync(join(folder, "packages", name), { recursive: true });
    cpSync(join(root, "packages", name, "package.json"), join(folder, "packages", name, "package.json"));
  }
  execFileSync("git", ["init", "-q"], { cwd: folder });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Plants files, lints the copy and takes the files away again. */
function lint(files: Record<string, string>): Finding[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const biome = join(root, "node_modules", ".bin", "biome");
  const { status, stdout, stderr } = spawnSync(biome, ["lint", "--reporter=github", "--max-diagnostics=none", "."], {
    cwd: folder,
    encoding: "utf8",
  });
  for (const path of Object.keys(files)) rmSync(join(folder, path));
  const found = [...stdout.matchAll(/^::error title=([^,]+),file=.*?(packages\/[^,]+),line=(\d+),/gm)];
  if (status !== 0 && found.length === 0) throw new Error(`Biome ended with ${status}: ${stdout}${stderr}`);
  return found.map((match) => ({ rule: match[1]!.split("/").at(-1)!, file: match[2]!, line: Number(match[3]) }));
}

const rulesAt = (findings: Finding[], line: number) => findings.filter((f) => f.line === line).map((f) => f.rule);

describe("imports between packages", () => {
  test.each(Object.entries(arrows))("%s imports only what its arrows allow", (name, allowed) => {
    const others = packages.filter((other) => other !== name && other !== "bench");
    const specifiers = others.map((other) => (other === "prewitt" ? "prewitt" : `@prewitt/${other}`));
    const text = specifiers.map((specifier) => `import "${specifier}";\n`).join("");
    const findings = lint({ [`packages/${name}/src/deep/planted.ts`]: text });
    const refused = others.filter((_, i) => rulesAt(findings, i + 1).includes("noRestrictedImports"));
    expect(refused).toEqual(others.filter((other) => !allowed.includes(other)));
  });

  test("types, re-exports, dynamic imports and subpaths count as imports", () => {
    const lines = [
      `import type { A } from "@prewitt/nn";`,
      `export * from "@prewitt/ops";`,
      `export const later = () => import("@prewitt/wasm");`,
      `export { b } from "prewitt/data";`,
      `export type { A };`,
    ];
    const findings = lint({ "packages/core/src/planted.ts": lines.join("\n") });
    for (const line of [1, 2, 3, 4]) expect(rulesAt(findings, line)).toContain("noRestrictedImports");
    expect(rulesAt(findings, 5)).toEqual([]);
  });

  test("no package is reached by a relative path, from sources or tests", () => {
    const findings = lint({
      "packages/ops/src/conv/planted.ts": `import "../../../core/src/index.ts";\n`,
      "packages/nn/test/planted.test.ts": `import "../../core/src/index.ts";\n`,
      "packages/nn/test/own.test.ts": `import "../src/index.ts";\n`,
    }).filter((f) => f.rule === "noRestrictedImports");
    expect(findings.map((f) => f.file).sort()).toEqual([
      "packages/nn/test/planted.test.ts",
      "packages/ops/src/conv/planted.ts",
    ]);
  });

  test("a cycle between files is refused", () => {
    const findings = lint({
      "packages/core/src/first.ts": `import { b } from "./second.ts";\nexport const a = () => b;\n`,
      "packages/core/src/second.ts": `import { a } from "./first.ts";\nexport const b = () => a;\n`,
    });
    expect(findings.map((f) => f.rule)).toEqual(["noImportCycles", "noImportCycles"]);
  });
});

describe("what a browser loads", () => {
  test.each(packages)("Node's own modules in %s", (name) => {
    const findings = lint({ [`packages/${name}/src/planted.ts`]: `import "node:fs";\n` });
    expect(findings.map((f) => f.rule).includes("noNodejsModules")).toBe(withoutDependencies.includes(name));
  });

  test("a dependency that the manifest does not declare is refused", () => {
    const findings = lint({ "packages/data/src/planted.ts": `import "vitest";\nimport "left-pad";\n` });
    expect(findings.map((f) => f.rule)).toEqual(["noUndeclaredDependencies", "noUndeclaredDependencies"]);
  });
});

describe("manifests", () => {
  test.each(Object.entries(arrows))("%s depends only along its arrows", (name, allowed) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
    const dependencies = Object.keys(manifest.dependencies ?? {});
    const own = dependencies.filter((dependency) => /^(@prewitt\/|prewitt$)/.test(dependency));
    expect(own.filter((dependency) => !allowed.includes(dependency.replace("@prewitt/", "")))).toEqual([]);
    if (withoutDependencies.includes(name)) expect(dependencies).toEqual(own);
  });
});

test("any is refused", () => {
  const findings = lint({ "packages/core/src/planted.ts": "export function f(x: any): unknown {\n  return x;\n}\n" });
  expect(findings.map((f) => f.rule)).toEqual(["noExplicitAny"]);
});
