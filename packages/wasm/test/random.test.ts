/**
 * `random` gives core's bits: any size, layout, key and cut into tasks.
 */

import { type RandomKernel, sizeOf, threefry2x32 } from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomKernel } from "../src/kernels/random.ts";
import { backwards, contiguous, KernelCase, layouts, type Make, shapes } from "./kernel-case.ts";

const random =
  (groups?: number): Make<RandomKernel> =>
  (kernel, types, options) =>
    randomKernel(kernel, types, options, { groups });

function bits(shape: readonly number[], layout = contiguous, key = [1, 2], keyLayout = contiguous) {
  const run = new KernelCase();
  const kernel: RandomKernel = {
    kind: "random",
    reads: [run.read("int32", [2], keyLayout, key)],
    writes: [run.write("int32", shape, layout)],
  };
  return { run, kernel };
}

describe("random", () => {
  test("the bits of the reference, any size, layout, key and cut", () => {
    const key = fc.array(fc.integer(), { minLength: 2, maxLength: 2 });
    const shape = fc.oneof(shapes(4, 400), fc.constant([0, 3]), fc.array(fc.nat(3000), { maxLength: 1 }));
    fc.assert(
      fc.property(
        shape,
        layouts,
        key,
        layouts,
        fc.constantFrom(undefined, 1, 2, 5),
        (shape, layout, key, keys, groups) => {
          const { run, kernel } = bits(shape, layout, key, keys);
          const wanted = run.reference(kernel)[0]!;
          expect(run.generated(kernel, random(groups)).results[0]).toEqual(wanted);
          expect(run.generated(kernel, random(groups), backwards).results[0]).toEqual(wanted);
        },
      ),
      { numRuns: 250 },
    );
  });

  test("several tasks of the usual size", () => {
    const { run, kernel } = bits([40_003]);
    const [results] = run.generated(kernel, random(), backwards).results;
    for (const i of [0, 8191, 8192, 32_769, 40_000]) {
      const [a, b] = threefry2x32(1, 2, i >> 1, 0);
      expect(results![i]! >>> 0).toBe(i % 2 === 0 ? a : b);
    }
    expect(results).toEqual(run.reference(kernel)[0]);
  });

  test("no size is new code", () => {
    const keys = (shape: number[]): string[] => {
      const { run, kernel } = bits(shape);
      expect(sizeOf(shape)).toBeGreaterThan(0);
      return random()(kernel, run.dtypesOf(kernel), { relaxed: false }).stages.map((stage) => stage.key);
    };
    expect(keys([64, 8, 5])).toEqual(keys([7]));
  });
});
