/** Groups of parameters by path pattern, with hyper-parameters of their own. */

import { checkOptions, locate, nearest, OptionError } from "@prewitt/core";
import { globMatcher } from "../module/glob.ts";
import { OTHER_NAMES } from "../names.ts";

/** Which parameters a group takes. */
export interface GroupPattern {
  /**
   * Patterns on paths, as `freeze` has them: a module stands for all below it, `*` for one part, `**` for any number. A
   * parameter belongs to the first group that takes it; those that none takes have the optimiser's own values.
   */
  readonly params: string | readonly string[];
}

function prefixes(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

function patternsOf(op: string, i: number, params: unknown): readonly string[] {
  const list = typeof params === "string" ? [params] : params;
  if (Array.isArray(list) && list.length > 0 && list.every((p) => typeof p === "string")) return list;
  throw locate(
    new OptionError({
      op,
      summary: `params of group ${i} must be a pattern on paths, or several`,
      fix: 'write { params: "head.**", learningRate: 1e-3 }',
    }),
  );
}

/**
 * The paths of each group, then those that are left. Throws `OptionError` for a pattern that takes nothing.
 *
 * @param known Options that a group may have, beside `params`.
 */
export function splitGroups(
  op: string,
  groups: readonly GroupPattern[],
  paths: readonly string[],
  known: readonly string[],
): { readonly groups: readonly (readonly string[])[]; readonly rest: readonly string[] } {
  let rest = [...paths];
  const found = groups.map((group, i) => {
    checkOptions(`${op}, group ${i}`, group, ["params", ...known], OTHER_NAMES);
    const taken = new Set<string>();
    for (const pattern of patternsOf(op, i, group.params)) {
      const matches = globMatcher(pattern);
      const fits = rest.filter((path) => prefixes(path).some(matches));
      if (fits.length === 0) throw nothing(op, i, pattern, paths, rest);
      for (const path of fits) taken.add(path);
    }
    rest = rest.filter((path) => !taken.has(path));
    return [...taken];
  });
  return { groups: found, rest };
}

function nothing(
  op: string,
  i: number,
  pattern: string,
  paths: readonly string[],
  rest: readonly string[],
): OptionError {
  const elsewhere = paths.some((path) => !rest.includes(path) && prefixes(path).some(globMatcher(pattern)));
  const known = [...new Set(paths.flatMap(prefixes))];
  const near = nearest(pattern, known);
  return locate(
    new OptionError({
      op,
      summary: elsewhere
        ? `an earlier group has all parameters that "${pattern}" of group ${i} matches`
        : `no parameter matches "${pattern}" of group ${i}`,
      problems: [`paths: ${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}`],
      fix: elsewhere
        ? "put the narrower pattern first"
        : near === undefined
          ? "write a path of a parameter or module, with * for one part and ** for any number"
          : `write "${near}"`,
    }),
  );
}
