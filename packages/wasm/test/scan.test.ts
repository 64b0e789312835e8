/**
 * `scan` against the reference executor, bit for bit: any dtype, layouts, direction and cut into tasks.
 */

import { type DType, type ScanKernel, sizeOf } from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanKernel } from "../src/kernels/scan.ts";
import {
  backwards,
  channelsLast,
  contiguous,
  KernelCase,
  type Layout,
  layouts,
  type Make,
  sameBits,
  valuesOf,
} from "./kernel-case.ts";

const scan =
  (work?: number): Make<ScanKernel> =>
  (kernel, types, options) =>
    scanKernel(kernel, types, options, { work });

interface Spec {
  readonly dtype: DType;
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly axis: number;
  readonly from: Layout;
  readonly to: Layout;
}

function problem(
  { dtype, values, shape, axis, from, to }: Spec,
  rest: Pick<ScanKernel, "combine" | "exclusive" | "reverse">,
) {
  const run = new KernelCase();
  const reads = [run.read(dtype, shape, from, values)];
  const kernel: ScanKernel = {
    kind: "scan",
    axis: axis % shape.length,
    ...rest,
    reads,
    writes: [run.write(dtype, shape, to)],
  };
  return { run, kernel };
}

function agrees({ run, kernel }: ReturnType<typeof problem>, work?: number): void {
  const wanted = run.reference(kernel)[0]!;
  expect(sameBits(run.generated(kernel, scan(work)).results[0]!, wanted)).toBe(true);
  expect(sameBits(run.generated(kernel, scan(work), backwards).results[0]!, wanted)).toBe(true);
}

const numeric = fc.constantFrom<DType>("float32", "float32", "float64", "int32", "uint8");

describe("scan", () => {
  test("sums and products of any dtype, both ways, with and without the element itself", () => {
    const spec = numeric.chain((dtype) =>
      fc.record({
        dtype: fc.constant(dtype),
        values: valuesOf(dtype, true),
        shape: fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }),
        axis: fc.nat(3),
        from: layouts,
        to: layouts,
      }),
    );
    const rest = fc.record({
      combine: fc.constantFrom("sum" as const, "product" as const),
      exclusive: fc.boolean(),
      reverse: fc.boolean(),
    });
    fc.assert(
      fc.property(spec, rest, fc.constantFrom(undefined, 1, 8, 64), (s, r, work) => agrees(problem(s, r), work)),
      { numRuns: 400 },
    );
  });

  const values = Array.from({ length: 1013 }, (_, i) => ((i * 37) % 101) / 7 - 6);

  test.each([
    ["the last axis", [200, 300], 1, contiguous],
    ["the batch", [200, 300], 0, contiguous],
    ["channels", [6, 70, 12, 12], 1, channelsLast],
    ["one long line", [50_001], 0, contiguous],
  ])("along %s, in tasks of the usual size", (_, shape, axis, layout) => {
    const rest = { combine: "sum", exclusive: false, reverse: false } as const;
    agrees(problem({ dtype: "float32", values, shape, axis, from: layout, to: layout }, rest));
    expect(sizeOf(shape)).toBeGreaterThan(1 << 15);
  });

  test("another batch is no new code", () => {
    const keys = (shape: number[], axis: number): string[] => {
      const rest = { combine: "sum", exclusive: false, reverse: true } as const;
      const { run, kernel } = problem(
        { dtype: "float32", values, shape, axis, from: contiguous, to: contiguous },
        rest,
      );
      return scan()(kernel, run.dtypesOf(kernel), { relaxed: false }).stages.map((stage) => stage.key);
    };
    expect(keys([64, 40], 1)).toEqual(keys([7, 40], 1));
    expect(keys([64, 40], 0)).toEqual(keys([7, 40], 0));
  });
});
