/**
 * The op battery over every op of core and ops. Each case is built from the samples that lie beside the op.
 */

import { allOps as coreOps } from "@prewitt/core";
import { allSamples as coreSamples } from "@prewitt/core/samples";
import { battery } from "@prewitt/testing";
import { describe, expect, test } from "vitest";

describe("core", () => {
  const cases = battery(coreOps, coreSamples);
  test.each(cases)("$name", ({ run }) => run());

  test("covers every op", () => {
    expect(new Set(cases.map((c) => c.op)).size).toBeGreaterThanOrEqual(coreOps.length);
  });
});
