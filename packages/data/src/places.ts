/**
 * Where data sets lie on this machine: the cache folder, and npm packages that carry data files.
 *
 * A package is looked up as an import in the user's own file would find it, in `node_modules` of its folder and of
 * those above, which holds under pnpm too, where only direct dependencies are visible. Where the user's file is not
 * known, the started script and the working folder stand for it.
 */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { formatSite, type Site } from "@prewitt/core";

/** `PREWITT_CACHE`, else `prewitt` in the user's cache folder (`XDG_CACHE_HOME`, `~/.cache`). */
export function cacheFolder(): string {
  const { PREWITT_CACHE, XDG_CACHE_HOME } = process.env;
  if (PREWITT_CACHE) return PREWITT_CACHE;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "prewitt");
}

export interface PackageSearch {
  readonly folder: string | undefined;
  /** Folders from which the package was looked up. */
  readonly bases: readonly string[];
}

/** The folder of an installed npm package; none of its code is run. */
export function packageFolder(name: string, site: Site): PackageSearch {
  const caller = formatSite(site).replace(/:\d+:\d+$/, "");
  const files = [caller, process.argv[1] ?? "", join(process.cwd(), "any")];
  const bases = [...new Set(files.filter((file) => isAbsolute(file)).map((file) => dirname(file)))];
  for (const base of bases) {
    for (let folder = base; ; folder = dirname(folder)) {
      const candidate = join(folder, "node_modules", name);
      if (existsSync(candidate)) return { folder: candidate, bases };
      if (dirname(folder) === folder) break;
    }
  }
  return { folder: undefined, bases };
}
