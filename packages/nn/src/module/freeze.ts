/**
 * Which parameters are frozen: kept per module that holds them.
 */

import { locate, nearest, OptionError } from "@prewitt/core";
import { globMatcher } from "./glob.ts";
import type { AnyModule } from "./module.ts";
import { prepared } from "./prepare.ts";
import { moduleState } from "./state.ts";
import type { FoundModule, FoundVariable } from "./walk.ts";

/** Every prefix of a path, and the path itself: `a`, `a.b`, `a.b.c`. */
function prefixes(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

function matching(op: string, module: AnyModule, pattern: string): FoundVariable[] {
  const parameters = prepared(module).variables.filter((v) => v.kind === "parameter");
  const matcher = globMatcher(pattern);
  const found = parameters.filter(({ path }) => prefixes(path).some(matcher));
  if (found.length > 0) return found;
  const known = [...new Set(parameters.flatMap(({ path }) => prefixes(path)))];
  throw locate(
    new OptionError({
      op,
      summary: `no parameter matches "${pattern}"`,
      problems: [`nearest paths: ${nearestPaths(pattern, known).join(", ")}`],
      fix: `write a path of ${op === "freeze" ? "a module or parameter" : "a frozen module or parameter"}, with * for one part and ** for any number`,
    }),
  );
}

/** At most five paths, the ones spelled most like the pattern first. */
function nearestPaths(pattern: string, known: readonly string[]): string[] {
  const rest = [...known];
  const found: string[] = [];
  while (found.length < 3) {
    const next = nearest(pattern, rest);
    if (next === undefined) break;
    found.push(next);
    rest.splice(rest.indexOf(next), 1);
  }
  return found.length > 0 ? found : known.slice(0, 5);
}

export function freeze(module: AnyModule, pattern: string): void {
  for (const { owner, variable } of matching("freeze", module, pattern)) owner[moduleState].frozen.add(variable);
}

export function unfreeze(module: AnyModule, pattern: string): void {
  for (const { owner, variable } of matching("unfreeze", module, pattern)) owner[moduleState].frozen.delete(variable);
}

/** Changes whenever another set of parameters is frozen. */
export function freezeSignature(modules: readonly FoundModule[]): string {
  let signature = "";
  for (const { module } of modules) {
    for (const variable of module[moduleState].frozen) signature += `${variable.id},`;
  }
  return signature;
}
