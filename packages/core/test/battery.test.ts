// Every base op through the battery: values and gradients as stated, inferred shapes, the planner's passes, the same bits
// fused and unfused, first and second derivatives in float64, errors word for word.

import { allOps } from "@prewitt/core";
import { allSamples } from "@prewitt/core/samples";
import { battery } from "@prewitt/testing";
import { expect, test } from "vitest";

const cases = battery(allOps, allSamples);

test.each(cases)("$name", ({ run }) => run());

test("every op is covered, none twice", () => {
  const names = allOps.map((op) => op.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !cases.some((c) => c.op === name))).toEqual([]);
});
