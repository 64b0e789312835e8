// Every op of the package through the battery: values and gradients as stated, inferred shapes, the planner's passes, the
// same bits fused and unfused, first and second derivatives in float64, errors word for word.

import { allOps } from "@prewitt/ops";
import { allSamples } from "@prewitt/ops/samples";
import { battery } from "@prewitt/testing";
import { expect, test } from "vitest";

for (const { name, run } of battery(allOps, allSamples)) test(name, run);

test("ops by rising name, at least 25 errors word for word", () => {
  const names = allOps.map((op) => op.name.toLowerCase());
  expect(names).toEqual([...names].sort());
  const exact = allSamples
    .flatMap((s) => s.errors ?? [])
    .filter((e) => Array.isArray(e.message) && e.message.length > 1);
  expect(exact.length).toBeGreaterThanOrEqual(25);
});
