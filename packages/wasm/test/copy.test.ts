/**
 * `copy` against the reference executor, bit for bit: parts anywhere in any layout, gaps, fills, transposes, any cut.
 */

import { type CopyKernel, type DType, dtypes, sizeOf } from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyKernel } from "../src/kernels/copy.ts";
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

const make: Make<CopyKernel> = copyKernel;
const cut =
  (taskBytes: number): Make<CopyKernel> =>
  (kernel, types, options) =>
    copyKernel(kernel, types, options, { taskBytes });

interface Problem {
  readonly kernel: CopyKernel;
  readonly run: KernelCase;
}

function agrees({ kernel, run }: Problem, how: Make<CopyKernel> = make): string {
  const wanted = run.reference(kernel);
  const { results, variant } = run.generated(kernel, how);
  expect(sameBits(results[0]!, wanted[0]!)).toBe(true);
  const again = run.generated(kernel, how, backwards).results;
  expect(sameBits(again[0]!, wanted[0]!)).toBe(true);
  return variant;
}

const dtype = fc.constantFrom(...dtypes);
const valued = dtype.chain((d) => valuesOf(d, true).map((values) => ({ dtype: d, values })));
const taskBytes = fc.constantFrom(8, 64, 256, 4096, 1 << 16);

/** One part, with its place, in a target of which it may leave anything uncovered. */
const axisOf = (most: number) =>
  fc.record({
    extent: fc.integer({ min: 0, max: most }),
    before: fc.nat(2),
    after: fc.nat(2),
    step: fc.constantFrom(1, 1, 1, 2, 3),
  });

const padded: fc.Arbitrary<Problem> = fc
  .record({
    valued,
    axes: fc.oneof(fc.array(axisOf(6), { maxLength: 4 }), fc.array(axisOf(40), { maxLength: 2 })),
    from: layouts,
    to: layouts,
    fill: fc.constantFrom(0, 1, -1, 2.5, -0, 300, Number.NaN, Number.NEGATIVE_INFINITY),
  })
  .map(({ valued: { dtype, values }, axes, from, to, fill }) => {
    const run = new KernelCase();
    const shape = axes.map(({ before, after, extent, step }) => before + after + Math.max(0, (extent - 1) * step + 1));
    const read = run.read(
      dtype,
      axes.map((a) => a.extent),
      from,
      values,
    ); // prettier-ignore
    const write = run.write(dtype, shape, to);
    const starts = [axes.map((a) => a.before)];
    const steps = axes.some((a) => a.step > 1) ? { steps: [axes.map((a) => a.step)] } : {};
    return { run, kernel: { kind: "copy", reads: [read], writes: [write], starts, ...steps, fill } };
  });

const joined: fc.Arbitrary<Problem> = fc
  .record({
    valued,
    shape: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
    axis: fc.nat(3),
    extents: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
    from: fc.array(layouts, { minLength: 4, maxLength: 4 }),
    to: layouts,
  })
  .map(({ valued: { dtype, values }, shape, axis, extents, from, to }) => {
    const run = new KernelCase();
    const along = axis % shape.length;
    const starts: number[][] = [];
    let end = 0;
    const reads = extents.map((n, i) => {
      starts.push(shape.map((_, a) => (a === along ? end : 0)));
      end += n;
      return run.read(dtype, shape.with(along, n), from[i]!, values);
    });
    const write = run.write(dtype, shape.with(along, end), to);
    return { run, kernel: { kind: "copy", reads, writes: [write], starts } };
  });

/** Several parts that may overlap and leave gaps between them. */
const scattered: fc.Arbitrary<Problem> = fc
  .record({
    valued,
    shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    parts: fc.array(
      fc.record({
        start: fc.array(fc.nat(9), { minLength: 3 }),
        size: fc.array(fc.nat(9), { minLength: 3 }),
        from: layouts,
      }),
      { maxLength: 4 },
    ), // prettier-ignore
    to: layouts,
  })
  .map(({ valued: { dtype, values }, shape, parts, to }) => {
    const run = new KernelCase();
    const starts = parts.map(({ start }) => shape.map((n, a) => start[a]! % n));
    const reads = parts.map(({ size, from }, i) =>
      run.read(
        dtype,
        shape.map((n, a) => size[a]! % (n - starts[i]![a]! + 1)),
        from,
        values,
      ),
    );
    return { run, kernel: { kind: "copy", reads, writes: [run.write(dtype, shape, to)], starts, fill: 7 } };
  });

function move(shape: number[], from: Layout, to: Layout, dtype: DType = "float32"): Problem {
  const run = new KernelCase();
  const values = Array.from({ length: 251 }, (_, i) => i);
  const kernel: CopyKernel = {
    kind: "copy",
    reads: [run.read(dtype, shape, from, values)],
    writes: [run.write(dtype, shape, to)],
    starts: [shape.map(() => 0)],
  };
  return { run, kernel };
}

describe("copy", () => {
  test.each([
    ["a part with gaps in a filled target", padded],
    ["parts side by side", joined],
    ["parts that overlap and leave gaps", scattered],
  ])("%s, any layouts, any cut into tasks", (_, problems) => {
    fc.assert(
      fc.property(problems, taskBytes, (problem, bytes) => void agrees(problem, cut(bytes))),
      { numRuns: 250 },
    );
  });

  test("channels-first to channels-last and back are transposed in tiles, whatever the remainders", () => {
    const extent = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.nat(3), extent, extent, extent, fc.boolean(), taskBytes, (n, c, h, w, back, bytes) => {
        const shape = [n, c, h, w];
        if (sizeOf(shape) > 20_000) return;
        const [from, to] = back ? [channelsLast, contiguous] : [contiguous, channelsLast];
        const variant = agrees(move(shape, from, to), cut(bytes));
        if (n > 0 && c >= 4 && h * w >= 4) expect(variant).toBe("copy transposed");
      }),
      { numRuns: 150 },
    );
  });

  test("long rows are cut into pieces", () => {
    for (const dtype of dtypes) {
      agrees(move([3, 40_001], { ...contiguous, gaps: [1, 0, 0, 0, 0] }, contiguous, dtype));
      agrees(move([2, 20, 900], contiguous, { ...contiguous, keys: [0, 2, 1, 3, 4] }, dtype));
    }
  });

  test("another batch or place is no new code", () => {
    const keys = (batch: number, channels: number[]): string[] => {
      const run = new KernelCase();
      const all = channels.reduce((sum, n) => sum + n, 0);
      let start = 0;
      const starts = channels.map((n) => {
        start += n;
        return [0, start - n, 0, 0];
      });
      const reads = channels.map((n) => run.read("float32", [batch, n, 5, 5], channelsLast, [1]));
      const writes = [run.write("float32", [batch, all, 5, 5], channelsLast)];
      return copyKernel(
        { kind: "copy", reads, writes, starts },
        run.dtypesOf({ kind: "copy", reads, writes, starts }),
        {
          relaxed: false,
        },
      ).stages.map((stage) => stage.key);
    };
    const [small, large] = [keys(3, [8, 4, 8]), keys(64, [8, 4, 8])];
    expect(small).toEqual(large);
    expect(small[0]).toBe(small[2]);
    expect(new Set(small).size).toBe(2);
  });
});
