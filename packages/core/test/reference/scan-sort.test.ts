import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../src/tensor/dtype.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { at, indices, inputView, type Layout, layouts, ordinal, temporaryView } from "./views.ts";

const shapes = fc.array(fc.nat(4), { minLength: 1, maxLength: 4 });

/** Indices of the elements of the line along `axis` that p lies on. */
function lineOf(shape: number[], axis: number, p: number[]): number[][] {
  return Array.from({ length: shape[axis]! }, (_, i) => p.with(axis, i));
}

describe("scan", () => {
  const cases = fc.record({
    shape: shapes,
    axis: fc.nat(3),
    exclusive: fc.boolean(),
    reverse: fc.boolean(),
    combine: fc.constantFrom("sum" as const, "product" as const),
    from: layouts,
    to: layouts,
  });

  it.each<[DType, fc.Arbitrary<number>]>([
    ["float32", fc.float({ min: -9, max: 9 })],
    ["float64", fc.double({ min: -9, max: 9 })],
    ["int32", fc.integer()],
  ])("runs along an axis in %s", (dtype, numbers) => {
    fc.assert(
      fc.property(cases, fc.array(numbers, { minLength: 5, maxLength: 60 }), (c, values) => {
        const { shape, exclusive, reverse, combine } = c;
        const axis = c.axis % shape.length;
        const b = new ProgramBuilder();
        const x = inputView(b, dtype, shape, c.from, values);
        const write = temporaryView(b, dtype, shape, c.to);
        b.kernel({ kind: "scan", combine, axis, exclusive, reverse, reads: [x.operand], writes: [write] }).output(
          write,
        );
        const wanted = indices(shape).map((p) => {
          const line = lineOf(shape, axis, p).map((q) => at(x, q));
          const i = p[axis]!;
          const before = reverse ? line.slice(i + 1).reverse() : line.slice(0, i);
          const terms = exclusive ? before : [...before, line[i]!];
          const int = (a: number, v: number): number => (combine === "sum" ? (a + v) | 0 : Math.imul(a, v));
          const float = (a: number, v: number): number => (combine === "sum" ? a + v : a * v);
          const value = terms.reduce(dtype === "int32" ? int : float, combine === "sum" ? 0 : 1);
          return dtype === "float32" ? Math.fround(value) : value;
        });
        expect(b.run()).toEqual([wanted]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("sort", () => {
  const numbers = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0.5));
  const run = (shape: number[], axis: number, descending: boolean, from: Layout, to: Layout, values: number[]) => {
    const b = new ProgramBuilder();
    const x = inputView(b, "float32", shape, from, values);
    const [sorted, order] = [temporaryView(b, "float32", shape, to), temporaryView(b, "int32", shape, to)];
    b.kernel({ kind: "sort", axis, descending, reads: [x.operand], writes: [sorted, order] })
      .output(sorted)
      .output(order);
    return { x, results: b.run() as [number[], number[]] };
  };

  it("orders lines stably, NaN above everything", () => {
    const cases = fc.tuple(
      shapes,
      fc.nat(3),
      fc.boolean(),
      layouts,
      layouts,
      fc.array(numbers, { minLength: 5, maxLength: 60 }),
    );
    fc.assert(
      fc.property(cases, ([shape, n, descending, from, to, values]) => {
        const axis = n % shape.length;
        const { x, results } = run(shape, axis, descending, from, to, values);
        // Rank by counting: how many elements of the line must come before.
        const above = (a: number, b: number): boolean => a > b || (Number.isNaN(a) && !Number.isNaN(b));
        const [sorted, order] = [indices(shape).map(() => 0), indices(shape).map(() => 0)];
        for (const p of indices(shape)) {
          const line = lineOf(shape, axis, p).map((q) => at(x, q));
          const [i, v] = [p[axis]!, line[p[axis]!]!];
          const rank = line.filter((w, j) => {
            const first = descending ? above(w, v) : above(v, w);
            const tied = !above(w, v) && !above(v, w);
            return first || (tied && j < i);
          }).length;
          sorted[ordinal(shape, p.with(axis, rank))] = v;
          order[ordinal(shape, p.with(axis, rank))] = i;
        }
        expect(results).toEqual([sorted, order]);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps equal values in order, also descending", () => {
    const layout = { keys: [0], flips: [false], gaps: [0], repeats: [false], offset: 0 };
    const values = [1, Number.NaN, 2, 1, Number.NaN, 2];
    expect(run([6], 0, false, layout, layout, values).results[1]).toEqual([0, 3, 2, 5, 1, 4]);
    expect(run([6], 0, true, layout, layout, values).results[1]).toEqual([1, 4, 2, 5, 0, 3]);
  });
});
