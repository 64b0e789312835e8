/**
 * Patterns on paths: `*` stands for one part, or a piece of one, `**` for any number of parts, none included.
 */

/** Whether `path` matches `pattern`. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const parts = pattern.split(".");
  return (path) => matches(parts, 0, path === "" ? [] : path.split("."), 0);
}

function matches(pattern: readonly string[], i: number, path: readonly string[], k: number): boolean {
  const part = pattern[i];
  if (part === undefined) return k === path.length;
  if (part === "**") {
    for (let skip = k; skip <= path.length; skip++) if (matches(pattern, i + 1, path, skip)) return true;
    return false;
  }
  const name = path[k];
  return name !== undefined && matchesPart(part, name) && matches(pattern, i + 1, path, k + 1);
}

function matchesPart(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const escaped = pattern.split("*").map((s) => s.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`).test(name);
}
