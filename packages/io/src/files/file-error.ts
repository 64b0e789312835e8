/**
 * Errors about files: the file, what is wrong with it, what was found and what to do.
 *
 * Texts that come from a file are cut, so that a hostile one cannot fill the message.
 */

import { captureSite, DataError, formatSite, PrewittError } from "@prewitt/core";

const LONGEST = 120;

/** A value from a file, as text of bounded length. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, LONGEST + 1)) : outline(value, 0);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** JSON without its depths: nested as deep as a file may be, it would overflow the stack. */
function outline(value: unknown, depth: number): string {
  if (Array.isArray(value)) {
    if (depth === 2) return "[…]";
    const items = value.slice(0, 16).map((v) => outline(v, depth + 1));
    return `[${items.join(",")}${value.length > 16 ? ",…" : ""}]`;
  }
  if (typeof value === "object" && value !== null) return `{ ${Object.keys(value).slice(0, 8).join(", ")} }`;
  return value === undefined ? "missing" : String(JSON.stringify(value));
}

/** A number with separators, for sizes. */
export const count = (n: number): string => n.toLocaleString("en-US");

export const AGAIN = "get or write the file again";

/** Throws `DataError` for `format` and `file`. */
export type Fail = (summary: string, problem: string | readonly string[], fix?: string) => never;

export function failFor(format: string, file: string): Fail {
  return (summary, problem, fix = AGAIN) => {
    const problems = typeof problem === "string" ? [problem] : problem;
    throw new DataError({ op: format, summary: `${file}: ${summary}`, problems, fix });
  };
}

/** Runs `work` and adds the line of the user's call to its errors. Call it first thing in an exported function. */
export async function atCall<T>(entry: unknown, work: () => Promise<T>): Promise<T> {
  const site = captureSite(entry);
  try {
    return await work();
  } catch (error) {
    throw error instanceof PrewittError ? error.fill({ at: formatSite(site) }) : error;
  }
}
