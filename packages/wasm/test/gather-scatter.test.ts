/**
 * `gather` and `scatter` against the reference executor: any layouts, indices that repeat, bad indices, any cut.
 */

import { type DType, dtypes, type GatherKernel, IndexError, isFloat, type ScatterKernel, sizeOf } from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gatherKernel } from "../src/kernels/gather.ts";
import { scatterKernel } from "../src/kernels/scatter.ts";
import {
  backwards,
  channelsLast,
  contiguous,
  type Generated,
  KernelCase,
  type Layout,
  layouts,
  type Make,
  type Order,
  sameBits,
  valuesOf,
} from "./kernel-case.ts";

const gather =
  (work?: number): Make<GatherKernel> =>
  (kernel, types, options) =>
    gatherKernel(kernel, types, options, { work });
const scatter =
  (work?: number): Make<ScatterKernel> =>
  (kernel, types, options) =>
    scatterKernel(kernel, types, options, { work });

interface Parts {
  readonly dtype: DType;
  readonly values: readonly number[];
  /** Of the index; x has `limit` along `axis`, and `wider` more along other axes. */
  readonly shape: readonly number[];
  readonly axis: number;
  readonly limit: number;
  readonly wider: number;
  readonly places: readonly number[];
  readonly layouts: readonly Layout[];
}

const addable = dtypes.filter((d) => d !== "bool");

const parts = (among: readonly DType[], special: boolean): fc.Arbitrary<Parts> =>
  fc
    .record({
      valued: fc.constantFrom(...among).chain((dtype) => valuesOf(dtype, special).map((values) => ({ dtype, values }))),
      shape: fc.oneof(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 2 }),
      ),
      axis: fc.nat(3),
      limit: fc.integer({ min: 1, max: 12 }),
      wider: fc.nat(1),
      places: fc.array(fc.nat(1000), { minLength: 5, maxLength: 40 }),
      layouts: fc.tuple(layouts, layouts, layouts, layouts),
    })
    .map(({ valued, places, ...rest }) => ({
      ...rest,
      ...valued,
      axis: rest.axis % rest.shape.length,
      places: places.map((p) => p % rest.limit),
    }));

const targetOf = ({ shape, axis, limit, wider }: Parts): number[] =>
  shape.map((n, a) => (a === axis ? limit : n + wider));

function gatherCase(p: Parts): { run: KernelCase; kernel: GatherKernel } {
  const run = new KernelCase();
  const x = run.read(p.dtype, targetOf(p), p.layouts[0]!, p.values);
  const index = run.read("int32", p.shape, p.layouts[1]!, p.places);
  const write = run.write(p.dtype, p.shape, p.layouts[2]!);
  const { shape, axis, limit } = p;
  return { run, kernel: { kind: "gather", shape, axis, limit, reads: [x, index], writes: [write] } };
}

function scatterCase(p: Parts): { run: KernelCase; kernel: ScatterKernel } {
  const run = new KernelCase();
  const x = run.read(p.dtype, targetOf(p), p.layouts[0]!, p.values);
  const index = run.read("int32", p.shape, p.layouts[1]!, p.places);
  const source = run.read(p.dtype, p.shape, p.layouts[3]!, p.values.toReversed());
  const write = run.write(p.dtype, targetOf(p), p.layouts[2]!);
  const { shape, axis, limit } = p;
  return { run, kernel: { kind: "scatter", shape, axis, limit, reads: [x, index, source], writes: [write] } };
}

const works = fc.constantFrom(undefined, 4, 16, 100, 1000);
const pairs: Order = (tasks) =>
  Array.from({ length: Math.ceil(tasks / 2) }, (_, i) => [2 * i, Math.min(tasks, 2 * i + 2)] as const).reverse();

/** What must be the same for any cut and order. */
function anyCut(run: (order?: Order) => Generated): number[][] {
  const { results, errors } = run();
  for (const order of [backwards, pairs]) {
    const again = run(order);
    expect(again.errors).toEqual(errors);
    results.forEach((values, i) => {
      expect(sameBits(again.results[i]!, values)).toBe(true);
    });
  }
  return results;
}

describe("gather", () => {
  test("any dtype, layouts and cut", () => {
    fc.assert(
      fc.property(parts(dtypes, true), works, (p, work) => {
        const { run, kernel } = gatherCase(p);
        const results = anyCut((order) => run.generated(kernel, gather(work), order));
        expect(sameBits(results[0]!, run.reference(kernel)[0]!)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["rows of a table", [700, 40], 0, 50, "gather rows"],
    ["one of the classes of each example", [1000, 1], 1, 10, "gather elements"],
    ["channels of images", [8, 20, 30, 30], 1, 33, "gather elements"],
  ])("%s, in several tasks", (_, shape, axis, limit, variant) => {
    const repeats = shape.map((n, a) => a !== axis && n > 1 && axis < 2 && shape[1] !== 1).concat(false, false, false);
    const p: Parts = {
      dtype: "float32",
      values: Array.from({ length: 501 }, (_, i) => i / 8),
      shape,
      axis,
      limit,
      wider: 0,
      places: Array.from({ length: 997 }, (_, i) => (i * i) % limit),
      layouts: [channelsLast, { ...contiguous, repeats }, channelsLast, contiguous],
    };
    const { run, kernel } = gatherCase(p);
    expect(run.generated(kernel, gather()).variant).toBe(variant);
    const results = anyCut((order) => run.generated(kernel, gather(), order));
    expect(sameBits(results[0]!, run.reference(kernel)[0]!)).toBe(true);
  });

  test("another batch or limit is no new code", () => {
    const keys = (batch: number, limit: number): string[] => {
      const run = new KernelCase();
      const x = run.read("float32", [limit, 12], contiguous, [1]);
      const index = run.read("int32", [batch, 12], { ...contiguous, repeats: [false, true, false, false, false] }, [0]);
      const write = run.write("float32", [batch, 12], contiguous);
      const kernel: GatherKernel = {
        kind: "gather",
        shape: [batch, 12],
        axis: 0,
        limit,
        reads: [x, index],
        writes: [write],
      };
      return gather()(kernel, run.dtypesOf(kernel), { relaxed: false }).stages.map((stage) => stage.key);
    };
    expect(keys(64, 1000)).toEqual(keys(7, 5));
  });
});

describe("scatter", () => {
  test("any dtype, layouts and cut; exact on small integers", () => {
    fc.assert(
      fc.property(parts(addable, false), works, (p, work) => {
        const whole = { ...p, values: p.values.map((v) => (isFloat(p.dtype) ? Math.round(v) : v)) };
        const { run, kernel } = scatterCase(whole);
        const results = anyCut((order) => run.generated(kernel, scatter(work), order));
        expect(results[0]!.map((v) => v + 0)).toEqual(run.reference(kernel)[0]!.map((v) => v + 0));
      }),
      { numRuns: 300 },
    );
  });

  test("floats stay within a rounding a term of the reference", () => {
    fc.assert(
      fc.property(parts(["float32", "float64"], false), (p) => {
        const { run, kernel } = scatterCase(p);
        const [results] = anyCut((order) => run.generated(kernel, scatter(8), order));
        const terms = p.shape[p.axis]! + 1;
        const largest = Math.max(...p.values.map(Math.abs)) * terms;
        const tolerance = (p.dtype === "float32" ? 2 ** -24 : 2 ** -53) * terms * largest;
        run.reference(kernel)[0]!.forEach((value, i) => {
          expect(Math.abs(results![i]! - value)).toBeLessThanOrEqual(tolerance);
        });
      }),
      { numRuns: 200 },
    );
  });

  test("NaN and infinity go where they belong", () => {
    fc.assert(
      fc.property(parts(["float32", "float64"], true), (p) => {
        const { run, kernel } = scatterCase(p);
        const [results] = run.generated(kernel, scatter()).results;
        run.reference(kernel)[0]!.forEach((value, i) => {
          if (Number.isNaN(value) || !Number.isFinite(value)) expect(results![i]).toBe(value);
        });
      }),
      { numRuns: 200 },
    );
  });

  test("a table's gradient, in several tasks", () => {
    const shape = [600, 100];
    const p: Parts = {
      dtype: "float32",
      values: Array.from({ length: 501 }, (_, i) => (i % 37) - 18),
      shape,
      axis: 0,
      limit: 50,
      wider: 0,
      places: Array.from({ length: 600 }, (_, i) => (i * i) % 50),
      layouts: [contiguous, { ...contiguous, repeats: [false, true, false, false, false] }, contiguous, contiguous],
    };
    const { run, kernel } = scatterCase(p);
    expect(scatterKernel(kernel, run.dtypesOf(kernel), { relaxed: false }).variant).toBe("scatter rows");
    const results = anyCut((order) => run.generated(kernel, scatter(), order));
    expect(sameBits(results[0]!, run.reference(kernel)[0]!)).toBe(true);
  });

  test("another batch or table is no new code", () => {
    const keys = (batch: number, limit: number): string[] => {
      const run = new KernelCase();
      const rows = { ...contiguous, repeats: [false, true, false, false, false] };
      const x = run.read("float32", [limit, 300], rows, [0]);
      const index = run.read("int32", [batch, 300], rows, [0]);
      const source = run.read("float32", [batch, 300], contiguous, [1]);
      const write = run.write("float32", [limit, 300], contiguous);
      const reads = [x, index, source];
      const kernel: ScatterKernel = { kind: "scatter", shape: [batch, 300], axis: 0, limit, reads, writes: [write] };
      return scatter()(kernel, run.dtypesOf(kernel), { relaxed: false }).stages.map((stage) => stage.key);
    };
    expect(keys(64, 1000)).toEqual(keys(7, 5));
  });

  test("may write over x", () => {
    const run = new KernelCase();
    const x = run.write("int32", [2], contiguous);
    const index = run.read("int32", [3], contiguous, [0, 1, 1]);
    const source = run.read("int32", [3], contiguous, [1, 2, 3]);
    const kernel: ScatterKernel = {
      kind: "scatter",
      shape: [3],
      axis: 0,
      limit: 2,
      reads: [x, index, source],
      writes: [x],
    };
    expect(run.generated(kernel, scatter()).results).toEqual([[100, 104]]);
  });
});

describe("bad indices", () => {
  /** Position and value of the first bad index, by looking at each. */
  function firstBad(kernel: GatherKernel | ScatterKernel, run: KernelCase): [number, number, number] {
    const { shape, limit, reads } = kernel;
    const { strides, offset, buffer } = reads[1]!;
    for (let n = 0; n < sizeOf(shape); n++) {
      let [rest, at] = [n, offset];
      for (let a = shape.length - 1; a >= 0; a--) {
        at += (rest % shape[a]!) * strides[a]!;
        rest = Math.floor(rest / shape[a]!);
      }
      const value = run.buffers[buffer]!.data[at]!;
      if (value < 0 || value >= limit) return [1, n, value];
    }
    return [0, 0, 0];
  }

  const bad = fc.array(fc.tuple(fc.nat(), fc.constantFrom(-1, -7, 12, 1000, -2147483648, 2147483647)), {
    maxLength: 3,
  });

  test.each([
    ["gather", gatherCase, gather],
    ["scatter", scatterCase, scatter],
  ] as const)("%s reports the first, at any cut, and the reference agrees", (_, make, how) => {
    fc.assert(
      fc.property(parts(["float32"], false), bad, works, (p, spots, work) => {
        const places = [...p.places];
        for (const [where, value] of spots) places[where % places.length] = value;
        const { run, kernel } = make({ ...p, places });
        const expected = firstBad(kernel, run);
        for (const order of [undefined, backwards, pairs]) {
          const { errors } = run.generated(kernel as never, how(work) as never, order);
          expect([...errors]).toEqual([...expected, 0]);
        }
        if (expected[0] === 1) expect(() => run.reference(kernel)).toThrow(IndexError);
      }),
      { numRuns: 200 },
    );
  });

  test("an empty axis has no good index", () => {
    const run = new KernelCase();
    const x = run.read("float32", [2, 0], contiguous, [0]);
    const index = run.read("int32", [2, 1], contiguous, [0]);
    const write = run.write("float32", [2, 1], contiguous);
    const kernel: GatherKernel = {
      kind: "gather",
      shape: [2, 1],
      axis: 1,
      limit: 0,
      reads: [x, index],
      writes: [write],
    };
    expect([...run.generated(kernel, gather()).errors]).toEqual([1, 0, 0, 0]);
  });
});
