/**
 * The tree of modules as text, one line a module.
 *
 *     Net
 *       features: Sequential
 *         0: Conv2d(1 → 32, kernel 3×3, padding same)
 */

import type { AnyModule } from "./module.ts";
import { className, isModule } from "./state.ts";

export function formatModule(module: AnyModule): string {
  const lines: string[] = [];
  const seen = new Set<object>();
  const print = (m: AnyModule, label: string, indent: string): void => {
    const repeated = seen.has(m);
    const options = m.describe?.() ?? "";
    lines.push(`${indent}${label}${className(m)}${options === "" ? "" : `(${options})`}${repeated ? " (shared)" : ""}`);
    if (repeated) return;
    seen.add(m);
    for (const [key, value] of Object.entries(m)) children(value, key, `${indent}  `);
  };
  const children = (value: unknown, key: string, indent: string): void => {
    if (isModule(value)) print(value, `${key}: `, indent);
    else if (typeof value === "object" && value !== null && !seen.has(value)) {
      const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
      if (!plain) return;
      seen.add(value);
      for (const [k, child] of Object.entries(value)) children(child, `${key}.${k}`, indent);
    }
  };
  print(module, "", "");
  return lines.join("\n");
}
