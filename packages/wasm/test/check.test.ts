/**
 * `check` finds the first element, in row-major order, that is NaN or infinite: any layout, any cut into tasks.
 */

import { type CheckKernel, dtypes, isFloat, NonFiniteError, sizeOf } from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkKernel } from "../src/kernels/check.ts";
import {
  backwards,
  channelsLast,
  contiguous,
  KernelCase,
  layouts,
  type Make,
  offsetsOf,
  shapes,
} from "./kernel-case.ts";

const check =
  (work?: number): Make<CheckKernel> =>
  (kernel, types, options) =>
    checkKernel(kernel, types, options, { work });

/** The four words, the value as a number, by looking at every element. */
function firstBad(run: KernelCase, kernel: CheckKernel): number[] {
  for (const [i, read] of kernel.reads.entries()) {
    const { data } = run.buffers[read.buffer]!;
    const ordinal = offsetsOf(read).findIndex((at) => !Number.isFinite(data[at]!));
    if (ordinal >= 0) return [1, ordinal, data[offsetsOf(read)[ordinal]!]!, i + 1];
  }
  return [0, 0, 0, 0];
}

function found(errors: Int32Array): number[] {
  const [flag, ordinal, , read] = errors as unknown as [number, number, number, number];
  return [flag, ordinal, new Float32Array(errors.buffer)[2]!, read];
}

const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);

describe("check", () => {
  test("the first bad element of several reads, any dtype, layout and cut", () => {
    const read = fc.record({
      dtype: fc.constantFrom(...dtypes, "float32" as const),
      shape: fc.oneof(shapes(), shapes(2, 2000, 60), fc.constant([2, 0])),
      layout: layouts,
      spots: fc.array(fc.tuple(fc.nat(), bad), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(read, { minLength: 1, maxLength: 3 }), fc.constantFrom(undefined, 4, 50), (reads, work) => {
        const run = new KernelCase();
        const operands = reads.map(({ dtype, shape, layout, spots }) => {
          const values = Array.from({ length: Math.max(1, sizeOf(shape)) }, (_, i) => (i % 5 === 0 ? 3e38 : i % 200));
          for (const [where, value] of isFloat(dtype) ? spots : []) values[where % values.length] = value;
          return run.read(dtype, shape, layout, values);
        });
        const kernel: CheckKernel = { kind: "check", reads: operands, writes: [] };
        const expected = firstBad(run, kernel);
        expect(found(run.generated(kernel, check(work)).errors)).toEqual(expected);
        expect(found(run.generated(kernel, check(work), backwards).errors)).toEqual(expected);
        if (expected[0] === 1) expect(() => run.reference(kernel)).toThrow(NonFiniteError);
        else run.reference(kernel);
      }),
      { numRuns: 400 },
    );
  });

  test("of a large tensor in several tasks, the first in logical order wins", () => {
    const run = new KernelCase();
    const values = new Float64Array(4 * 64 * 40 * 40).fill(1);
    const read = run.read("float32", [4, 64, 40, 40], channelsLast, values);
    const offsets = offsetsOf(read);
    for (const ordinal of [400_000, 300_001, 200_003]) run.buffers[0]!.data[offsets[ordinal]!] = Number.NaN;
    const kernel: CheckKernel = { kind: "check", reads: [read], writes: [] };
    for (const order of [undefined, backwards]) {
      expect(found(run.generated(kernel, check(), order).errors)).toEqual([1, 200_003, Number.NaN, 1]);
    }
  });

  test("largest finite numbers pass", () => {
    const run = new KernelCase();
    const doubles = run.read("float64", [2], contiguous, [Number.MAX_VALUE, -Number.MAX_VALUE]);
    const singles = run.read("float32", [2], contiguous, [-3.4028234663852886e38, 1e-45]);
    const kernel: CheckKernel = { kind: "check", reads: [doubles, singles], writes: [] };
    expect(found(run.generated(kernel, check()).errors)).toEqual([0, 0, 0, 0]);
  });

  test("another batch is no new code", () => {
    const keys = (batch: number): string[] => {
      const run = new KernelCase();
      const kernel: CheckKernel = {
        kind: "check",
        reads: [run.read("float32", [batch, 8, 5, 5], channelsLast, [1]), run.read("float32", [], contiguous, [1])],
        writes: [],
      };
      return check()(kernel, run.dtypesOf(kernel), { relaxed: false }).stages.map((stage) => stage.key);
    };
    expect(keys(64)).toEqual(keys(7));
    expect(keys(64)).toHaveLength(3);
  });
});
