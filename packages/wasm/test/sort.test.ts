/**
 * `sort` against the reference executor: any dtype, layouts and cut; ties keep their order, NaN is greatest.
 */

import { type DType, dtypes, type SortKernel } from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sortKernel } from "../src/kernels/sort.ts";
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

const sort =
  (work?: number): Make<SortKernel> =>
  (kernel, types, options) =>
    sortKernel(kernel, types, options, { work });

interface Spec {
  readonly dtype: DType;
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly axis: number;
  readonly descending: boolean;
  readonly layouts: readonly [Layout, Layout, Layout];
}

function problem({ dtype, values, shape, axis, descending, layouts: [from, first, second] }: Spec) {
  const run = new KernelCase();
  const kernel: SortKernel = {
    kind: "sort",
    axis: axis % shape.length,
    descending,
    reads: [run.read(dtype, shape, from, values)],
    writes: [run.write(dtype, shape, first), run.write("int32", shape, second)],
  };
  return { run, kernel };
}

function agrees({ run, kernel }: ReturnType<typeof problem>, work?: number): void {
  const wanted = run.reference(kernel);
  for (const order of [undefined, backwards]) {
    const { results } = run.generated(kernel, sort(work), order);
    expect(results[1]).toEqual(wanted[1]);
    expect(sameBits(results[0]!, wanted[0]!)).toBe(true);
  }
}

describe("sort", () => {
  test("any dtype, layouts, direction and cut", () => {
    const spec = fc.constantFrom(...dtypes).chain((dtype) =>
      fc.record({
        dtype: fc.constant(dtype),
        values: valuesOf(dtype, true),
        shape: fc.oneof(
          fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }),
          fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 150 })),
        ),
        axis: fc.nat(3),
        descending: fc.boolean(),
        layouts: fc.tuple(layouts, layouts, layouts),
      }),
    );
    fc.assert(
      fc.property(spec, fc.constantFrom(undefined, 1, 20), (s, work) => agrees(problem(s), work)),
      { numRuns: 400 },
    );
  });

  const layoutsOf = (layout: Layout): [Layout, Layout, Layout] => [layout, layout, layout];

  test.each(dtypes)("long lines of %s, in several tasks", (dtype) => {
    let state = 7;
    const values = Array.from({ length: 9001 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return dtype === "bool"
        ? state >>> 31
        : dtype === "uint8"
          ? state >>> 24
          : (state | 0) / (dtype === "int32" ? 1 : 7);
    });
    for (const descending of [false, true]) {
      agrees(problem({ dtype, values, shape: [5, 3001], axis: 1, descending, layouts: layoutsOf(contiguous) }));
      agrees(problem({ dtype, values, shape: [4, 200, 3, 3], axis: 1, descending, layouts: layoutsOf(channelsLast) }));
    }
  });

  test("the ends of each range, both zeros and NaN of either sign", () => {
    const negative = new Float32Array(new Uint32Array([0xffc00001]).buffer)[0]!;
    const values = [negative, 0, -0, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, -1e-45, Number.NaN, 0, -0];
    const shape = [values.length];
    for (const dtype of ["float32", "float64"] as const) {
      for (const descending of [false, true]) {
        agrees(problem({ dtype, values, shape, axis: 0, descending, layouts: layoutsOf(contiguous) }));
      }
    }
    const ends = [2147483647, -2147483648, 0, -1, 2147483647, 1];
    agrees(
      problem({ dtype: "int32", values: ends, shape: [6], axis: 0, descending: true, layouts: layoutsOf(contiguous) }),
    );
  });

  test("another batch or length is no new code", () => {
    const keys = (shape: number[], axis: number): string[] => {
      const spec = { dtype: "float32", values: [1], shape, axis, descending: false } as const;
      const { run, kernel } = problem({ ...spec, layouts: layoutsOf(contiguous) });
      return sort()(kernel, run.dtypesOf(kernel), { relaxed: false }).stages.map((stage) => stage.key);
    };
    expect(keys([64, 40], 1)).toEqual(keys([7, 40], 1));
    expect(keys([64, 40], 0)).toEqual(keys([7, 40], 0));
  });
});
