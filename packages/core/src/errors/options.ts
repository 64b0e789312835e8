/**
 * Checks of option objects: unknown keys are rejected with the nearest known name, values against a rule.
 */

import { locate } from "../graph/locate.ts";
import { OptionError } from "./errors.ts";

/** Levenshtein distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The entry of `known` that is spelled most like `word`, if any is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 2)) + 1;
  for (const candidate of known) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

/**
 * Throws `OptionError` when `options` has a key that is not in `known`.
 *
 * @param aliases Names under which other libraries know an option, for the suggestion.
 *
 * @example checkOptions("conv2d", options, ["stride", "padding", "dilation", "groups"]);
 */
export function checkOptions(
  op: string,
  options: object | undefined,
  known: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) {
    throw locate(
      new OptionError({
        op,
        summary: `options must be an object, got ${String(options)}`,
        fix: `pass { ${known.join(", ")} }`,
      }),
    );
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const alias = aliases[unknown[0] as string];
  const near = alias !== undefined && known.includes(alias) ? alias : nearest(unknown[0] as string, known);
  throw locate(
    new OptionError({
      op,
      summary: `unknown option${unknown.length > 1 ? "s" : ""} ${unknown.map((k) => `"${k}"`).join(", ")}`,
      problems: [known.length === 0 ? "it takes no options" : `known options: ${known.join(", ")}`],
      fix: near === undefined ? `remove "${unknown[0]}"` : `write "${near}"`,
    }),
  );
}
