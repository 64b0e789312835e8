/** Data sets and their views. */

import { DataError, IndexError, OptionError } from "@prewitt/core";
import { type AsyncSource, Dataset, dataset, ndArray, type Source } from "@prewitt/data";
import { describe, expect, it } from "vitest";

const numbers = (length: number) => new Dataset({ length, get: (i: number) => ({ x: i, odd: i % 2 === 1 }) });

describe("views", () => {
  it("take gives the first samples, and says how many there are", () => {
    expect(numbers(5).take(2).length).toBe(2);
    expect(numbers(5).take(2).get(1).x).toBe(1);
    expect(() => numbers(5).take(6)).toThrow(OptionError);
    expect(() => numbers(5).take(6)).toThrow("cannot take 6 of 5 samples");
  });

  it("subset keeps the given order, also of subsets and in batches", async () => {
    const view = numbers(10).subset([7, 3, 5]).subset([2, 0]);
    expect([view.get(0).x, view.get(1).x]).toEqual([5, 7]);
    expect([...(await view.batch([1, 0, 0]).x.data())]).toEqual([7, 5, 5]);
  });

  it("subset uses the source's own batch", () => {
    const asked: number[][] = [];
    const plain = numbers(10);
    const source: Source<{ x: number }> = {
      length: 10,
      get: (i) => ({ x: i }),
      batch: (indices) => {
        asked.push(Array.from(indices));
        return { x: plain.batch(indices).x };
      },
    };
    new Dataset(source).subset([9, 8, 7]).batch([0, 2]);
    expect(asked).toEqual([[9, 7]]);
  });

  it("a batch of all samples needs no indices", async () => {
    expect([...(await numbers(4).subset([3, 1]).batch().x.data())]).toEqual([3, 1]);
  });

  it("map changes samples when they are read", () => {
    let calls = 0;
    const mapped = numbers(4).map(({ x }, i) => {
      calls++;
      return { y: x * 10 + i };
    });
    expect(mapped.length).toBe(4);
    expect(calls).toBe(0);
    expect(mapped.get(3).y).toBe(33);
    expect(calls).toBe(1);
  });

  it("keeps the names of the classes", () => {
    const named = new Dataset({ length: 3, classes: ["a", "b"], get: (i: number) => ({ label: i % 2 }) });
    expect(named.take(2).map((s) => s).classes).toEqual(["a", "b"]);
  });

  it("an index outside is an error", () => {
    for (const bad of [-1, 5, 0.5, Number.NaN]) expect(() => numbers(5).get(bad)).toThrow(IndexError);
    expect(() => numbers(5).batch([0, 5])).toThrow("the data set has 5 samples, 0 … 4");
    expect(() => numbers(5).subset([5])).toThrow(IndexError);
    expect(() => numbers(5).batch([])).toThrow("a batch of no samples");
  });

  it("an array is a data set", () => {
    const two = dataset([
      { x: ndArray(Float32Array.of(1, 2), [2]), label: 0 },
      { x: ndArray(Float32Array.of(3, 4), [2]), label: 1 },
    ]);
    expect(two.length).toBe(2);
    expect(two.batch([1, 0]).x.shape).toEqual([2, 2]);
    const later: AsyncSource<{ x: number }> = { length: 1, get: async () => ({ x: 1 }) };
    expect(later.length).toBe(1);
  });
});

describe("batches of samples", () => {
  it("numbers become int32, booleans bool, arrays keep dtype and shape", async () => {
    const one = dataset([{ a: 3, b: true, c: ndArray(Uint8Array.of(1, 2, 3, 4), [1, 2, 2]) }]);
    const { a, b, c } = one.batch([0, 0]);
    expect([a.dtype, b.dtype, c.dtype]).toEqual(["int32", "bool", "uint8"]);
    expect(c.shape).toEqual([2, 1, 2, 2]);
    expect([...(await c.data())]).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it("fractions need a dtype", () => {
    expect(() => dataset([{ y: 0.5 }]).batch([0])).toThrow("a plain number must be an integer");
  });

  it("samples that do not agree: field, samples and shapes", () => {
    const mixed = dataset([{ x: ndArray(new Uint8Array(4), [2, 2]) }, { x: ndArray(new Uint8Array(6), [2, 3]) }]);
    expect(() => mixed.batch([0, 1])).toThrow(DataError);
    expect(() => mixed.batch([0, 1])).toThrow("sample 1: uint8 [2, 3]");
    const samples: { x: number; y?: number }[] = [{ x: 1, y: 2 }, { x: 1 }];
    expect(() => dataset(samples as { x: number; y: number }[]).batch([0, 1])).toThrow('sample 1 has no field "y"');
  });

  it("data that does not fill its shape", () => {
    expect(() => ndArray(new Uint8Array(5), [2, 3])).toThrow("5 elements, but [2, 3] holds 6");
  });
});
