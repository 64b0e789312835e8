// Packs every published package as it would be published, installs the tarballs with plain npm (no install scripts)
// in an empty folder, and there runs and type-checks a consumer (test/packed/). It runs on the machine's own Node and
// on the pinned one, and is checked strictly under both module resolutions that users have.

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineEnvironment, mustRun, pnpm, publishedPackages, root } from "./workspace.mjs";

const own = machineEnvironment();

async function pack(tarballs) {
  const [npx, ...args] = pnpm;
  const published = publishedPackages();
  const filters = published.map(({ manifest }) => `--filter=${manifest.name}`);
  await mustRun(npx, [...args, ...filters, "-r", "pack", "--pack-destination", tarballs]);
  const files = readdirSync(tarballs);
  if (files.length !== published.length) throw new Error(`Packed ${files.length} of ${published.length} packages.`);
  return files.map((file) => join(tarballs, file));
}

async function install(consumer, tarballs) {
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
  await mustRun("npm", ["install", ...quiet, ...tarballs], { cwd: consumer, env: own });
  for (const file of ["consumer.mjs", "consumer.ts"])
    copyFileSync(join(root, "test", "packed", file), join(consumer, file));
}

async function checkTypes(consumer, module, moduleResolution) {
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable"],
    types: [],
    module,
    moduleResolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  const config = join(consumer, `tsconfig.${moduleResolution}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  await mustRun("tsc", ["-p", config], { cwd: consumer });
  console.log(`types: ${moduleResolution}`);
}

const folder = mkdtempSync(join(tmpdir(), "prewitt-packed-"));
try {
  console.log((await mustRun("node", ["scripts/build.mjs"])).trim());
  const consumer = join(folder, "consumer");
  mkdirSync(join(folder, "tarballs"));
  await install(consumer, await pack(join(folder, "tarballs")));
  for (const env of [own, process.env]) {
    const version = (await mustRun("node", ["--version"], { env })).trim();
    console.log(`Node ${version}: ${(await mustRun("node", ["consumer.mjs"], { cwd: consumer, env })).trim()}`);
  }
  await checkTypes(consumer, "nodenext", "nodenext");
  await checkTypes(consumer, "esnext", "bundler");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
