// Builds every published package into its dist/: one bundle per entry (tsup, ESM, dependencies stay imports) and the
// declarations (tsc). What is published is what `publishConfig.exports` names; each of its entries must be the build of
// the same entry in `exports`, which points at the source. An entry of `exports` alone (test samples) stays here.
//
// Declarations of all packages come from one run of tsc over the sources; they are then copied to their packages with
// `./file.ts` specifiers turned into `./file.js`. One that reaches into another package by path would be broken once
// published, so it fails the build.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "tsup";
import { mustRun, publishedPackages, root } from "./workspace.mjs";

const packages = publishedPackages();

/** `{ index: "…/src/index.ts", data: "…/src/data.ts" }`: the published entries of a package. */
function entriesOf({ folder, manifest }) {
  const entries = {};
  for (const [subpath, published] of Object.entries(manifest.publishConfig.exports)) {
    const source = manifest.exports[subpath] ?? "nothing";
    const name = source.replace(/^\.\/src\/(.*)\.ts$/, "$1");
    if (published.default !== `./dist/${name}.js` || published.types !== `./dist/${name}.d.ts`) {
      throw new Error(`${manifest.name}: publishConfig.exports["${subpath}"] does not match ${source}.`);
    }
    if (!existsSync(join(folder, source))) throw new Error(`${manifest.name}: ${source} of its exports is missing.`);
    entries[name] = join(folder, source);
  }
  return entries;
}

async function buildScripts(pkg) {
  rmSync(join(pkg.folder, "dist"), { recursive: true, force: true });
  await build({
    config: false,
    silent: true,
    entry: entriesOf(pkg),
    outDir: join(pkg.folder, "dist"),
    tsconfig: join(pkg.folder, "tsconfig.json"),
    external: Object.keys(pkg.manifest.dependencies ?? {}),
    format: "esm",
    target: "node20",
    platform: "neutral",
    // A shared chunk would lose `export * from` another package. Only the umbrella has several entries, and no state.
    splitting: false,
  });
}

async function buildDeclarations() {
  // Inside the workspace, so that packages are found as they are from the sources.
  const types = mkdtempSync(join(root, "node_modules", ".types-"));
  try {
    await mustRun("tsc", ["-p", "tsconfig.build.json", "--outDir", types]);
    for (const { folder, manifest } of packages) {
      const from = join(types, relative(join(root, "packages"), folder), "src");
      const to = join(folder, "dist");
      cpSync(from, to, { recursive: true });
      for (const file of readdirSync(from, { recursive: true })) {
        if (file.endsWith(".d.ts")) publishSpecifiers(join(to, file), to, manifest.name);
      }
    }
  } finally {
    rmSync(types, { recursive: true, force: true });
  }
}

/** Rewrites the relative specifiers of one declaration file to `.js`, and refuses those that leave the package. */
function publishSpecifiers(file, dist, name) {
  const text = readFileSync(file, "utf8");
  const rewritten = text.replace(/(\bfrom |\bimport\(|\bimport )"(\.{1,2}\/[^"]*)"/g, (_, head, specifier) => {
    const target = join(file, "..", specifier);
    if (relative(dist, target).startsWith("..")) {
      throw new Error(`${name}: ${relative(dist, file)} refers to "${specifier}", outside its package.`);
    }
    return `${head}"${specifier.replace(/\.ts$/, ".js")}"`;
  });
  writeFileSync(file, rewritten);
}

for (const pkg of packages) await buildScripts(pkg);
await buildDeclarations();
console.log(`Built ${packages.map(({ manifest }) => manifest.name).join(", ")}.`);
