/** Laws over random shapes: views against plain indexing, adjoints with equality on integers, random numbers. */

import {
  concat,
  cumsum,
  gather,
  grad,
  normal,
  type SliceRange,
  scatterAdd,
  sizeOf,
  slice,
  sort,
  split,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });

/** Small integers: sums of products of them are exact. */
function integers(shape: readonly number[], salt: number): Tensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7919 + salt * 104729) % 17) - 8);
  return tensor(data, { shape });
}

function inner(a: Tensor, b: Tensor): number {
  // + 0 forgets the sign of zero.
  return a.mul(b).sum().itemSync() + 0;
}

/** ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for a linear A, whose adjoint is its gradient rule. */
function expectAdjoint(x: Tensor, f: (x: Tensor) => Tensor): void {
  const y = f(x);
  const other = integers(y.shape, 5);
  const pulled = grad(y.mul(other).sum(), x);
  expect(inner(y, other)).toBe(inner(x, pulled));
}

/** A legal range of an axis, and the indices it stands for. */
function rangeOf(extent: number): fc.Arbitrary<readonly [SliceRange, readonly number[]]> {
  const bounds = fc.tuple(fc.integer({ min: 0, max: extent - 1 }), fc.integer({ min: 0, max: extent - 1 }));
  const steps = fc.integer({ min: 1, max: 3 });
  return fc.tuple(bounds, steps, fc.boolean()).map(([[a, b], step, negative]) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    const indices: number[] = [];
    if (a <= b) {
      for (let i = low; i < high + 1; i += step) indices.push(i);
      const stop = high + 1 === extent && negative ? null : high + 1;
      return [[negative ? low - extent : low, stop, step], indices] as const;
    }
    for (let i = high; i >= low; i -= step) indices.push(i);
    return [[negative ? high - extent : high, low === 0 ? null : low - 1, -step], indices] as const;
  });
}

describe("slice", () => {
  it("picks what plain indexing picks, and its gradient is its adjoint", () => {
    const cases = shapes.chain((shape) => fc.tuple(fc.constant(shape), fc.tuple(...shape.map(rangeOf))));
    fc.assert(
      fc.property(cases, ([shape, ranges]) => {
        const x = integers(shape, 1);
        const y = slice(x, ...ranges.map(([range]) => range));
        const lists = ranges.map(([, indices]) => indices);
        expect(y.shape).toEqual(lists.map((l) => l.length));
        const data = x.dataSync();
        const picked: number[] = [];
        const walk = (axis: number, at: number): void => {
          if (axis === shape.length) picked.push(data[at] as number);
          else for (const i of lists[axis] as readonly number[]) walk(axis + 1, at * (shape[axis] as number) + i);
        };
        walk(0, 0);
        expect([...y.dataSync()]).toEqual(picked);
        expectAdjoint(x, (t) => slice(t, ...ranges.map(([range]) => range)));
      }),
      { numRuns: 60 },
    );
  });
});

describe("linear ops", () => {
  it("pad, concat, cumsum, flip, transpose and broadcastTo have exact adjoints", () => {
    const cases = fc.tuple(shapes, fc.nat(2), fc.nat(2), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(cases, ([shape, before, after, exclusive, reverse]) => {
        const x = integers(shape, 2);
        const axis = before % shape.length;
        expectAdjoint(x, (t) => t.pad(shape.map(() => [before, after] as const)));
        expectAdjoint(x, (t) => concat([t, t.mul(2), t.flip(axis)], axis));
        expectAdjoint(x, (t) => cumsum(t, axis, { exclusive, reverse }));
        expectAdjoint(x, (t) => t.transpose().mul(3));
        expectAdjoint(x, (t) => t.unsqueeze(axis).broadcastTo([...shape.slice(0, axis), 3, ...shape.slice(axis)]));
      }),
      { numRuns: 40 },
    );
  });

  it("gather and scatterAdd are each other's adjoints, with indices that repeat", () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.integer({ min: 1, max: 6 }), fc.nat(1000)),
    );
    fc.assert(
      fc.property(cases, ([shape, axis, count, salt]) => {
        const x = integers(shape, salt);
        const extent = shape[axis] as number;
        const shown = shape.map((n, a) => (a === axis ? count : n));
        const places = Int32Array.from({ length: sizeOf(shown) }, (_, i) => (i * 31 + salt) % extent);
        const index = tensor(places, { shape: shown });
        const y = integers(shown, salt + 1);
        const into = scatterAdd(zeros(shape, { dtype: "float64" }), index, y, axis);
        expect(inner(gather(x, index, axis), y)).toBe(inner(x, into));
        expectAdjoint(x, (t) => gather(t, index, axis));
        expectAdjoint(y, (t) => scatterAdd(x.mul(0), index, t, axis));
        const row = tensor(places.slice(0, count));
        expectAdjoint(x, (t) => t.take(row, axis));
      }),
      { numRuns: 40 },
    );
  });

  it("split and concat are inverse", () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), (shape, sizes) => {
        const total = sizes.reduce((a, b) => a + b, 0);
        const x = integers([total, ...shape], 3);
        expect([...concat(split(x, sizes)).dataSync()]).toEqual([...x.dataSync()]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("sort", () => {
  it("orders stably, and sends each cotangent back to where its value was", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (list, descending) => {
          const x = tensor(Float64Array.from(list));
          const { values, indices } = sort(x, 0, { descending });
          const order = list
            .map((_, i) => i)
            .sort((a, b) => ((list[a] as number) - (list[b] as number)) * (descending ? -1 : 1) || a - b);
          expect([...indices.dataSync()]).toEqual(order);
          expect([...values.dataSync()]).toEqual(order.map((i) => list[i]));
          const weights = integers([list.length], 4);
          const dx = grad(values.mul(weights).sum(), x).dataSync();
          expect(order.map((from) => dx[from])).toEqual([...weights.dataSync()]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("random numbers", () => {
  const key = tensor([7, 11], { dtype: "int32" });

  it("uniform fills [0, 1) evenly and is the same in every run", () => {
    const data = uniform(key, [20000]).dataSync();
    expect(uniform(key, [20000]).dataSync()).toEqual(data);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...data)).toBeLessThan(1);
    const bins = new Array<number>(10).fill(0);
    for (const v of data) bins[Math.floor(v * 10)]!++;
    // 2,000 a bin, standard deviation 42: five of them.
    for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(212);
  });

  it("normal has the moments of a normal distribution, and does not depend on what follows", () => {
    const x = normal(key, [20000]);
    const data = [...x.dataSync()];
    const moment = (k: number): number => data.reduce((sum, v) => sum + v ** k, 0) / data.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.035);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.05);
    expect(Math.abs(moment(3))).toBeLessThan(0.14);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.35);
    expect([...normal(key, [4, 5]).dataSync()]).toEqual([...data.slice(0, 20)]);
    expect([...normal(tensor([7, 12], { dtype: "int32" }), [4]).dataSync()]).not.toEqual([...data.slice(0, 4)]);
  });
});
