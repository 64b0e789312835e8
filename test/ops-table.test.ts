// docs/ops.md lists every op of the library with the gradient that it declares, and marks only what samples test.
// That the marked tests pass is the battery's business, which runs beside this.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { opRows } from "./ops-table/rows.ts";

test("docs/ops.md is up to date: npm run ops", () => {
  const text = readFileSync(new URL("../docs/ops.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` .*\|$/gm)].map(([line]) => line.split("|").map((cell) => cell.trim()));
  const listed = rows.map(([, name, , , gradient, first, second]) => ({
    name: (name as string).replaceAll("`", ""),
    gradient,
    orders: second !== "–" ? 2 : first !== "–" ? 1 : 0,
  }));
  expect(listed).toEqual(opRows());
  const failed = rows.filter((cells) => cells.includes("✗")).map(([, name]) => name);
  expect(failed).toEqual([]);
});
