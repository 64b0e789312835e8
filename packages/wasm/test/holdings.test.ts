// Memory that programs hold between runs is given back: when too much is held, when the heap is full, when they go.

import { evaluate, tensor, useExecutor, zeros } from "@prewitt/core";
import { describe, expect, test } from "vitest";
import { Heap } from "../src/executor/heap.ts";
import { Holdings } from "../src/executor/holdings.ts";
import { wasmExecutor } from "../src/index.ts";

const MIB = 2 ** 20;

describe("holdings", () => {
  test("those used longest ago go first, the one in use never", () => {
    const holdings = new Holdings(new Heap(false, 64));
    const [a, b] = [0, 1].map(() => holdings.take({}, [200 * MIB, 8]));
    holdings.touch(a!);
    const c = holdings.take({}, [200 * MIB]);
    expect([a!.live, b!.live, c.live]).toEqual([true, false, true]);
    const d = holdings.take({}, [600 * MIB]);
    expect([a!.live, c.live, d.live]).toEqual([false, false, true]);
    expect(holdings.bytes).toBe(600 * MIB);
  });

  test("a full heap takes back what does not run, and only then is it an error", () => {
    const heap = new Heap(false, 64);
    const holdings = new Holdings(heap);
    heap.allocate(3500 * MIB);
    const first = holdings.take({}, [250 * MIB]);
    const second = holdings.take({}, [250 * MIB]);
    heap.allocate(200 * MIB);
    expect([first.live, second.live]).toEqual([false, true]);
    expect(() => holdings.take({}, [100 * MIB, 400 * MIB])).toThrow(/do not fit into the 4 GiB/);
    expect(second.live).toBe(false);
    // What was taken before the failure is free again.
    heap.allocate(380 * MIB);
  });

  test("a program that gave its memory back takes some anew, with the same results", () => {
    const executor = wasmExecutor({ threads: 1 });
    using _ = useExecutor(executor);
    const compute = (shift: number) => {
      const y = tensor([1, 2, 3])
        .add(shift)
        .take(tensor([2, 0], { dtype: "int32" }), 0);
      evaluate(y);
      return [...y.dataSync()];
    };
    expect(compute(1)).toEqual([4, 2]);
    const { bytes } = executor.holdings;
    expect(bytes).toBeGreaterThan(0);
    while (executor.heap.reclaim?.() === true);
    evaluate(zeros([2]).add(1));
    while (executor.heap.reclaim?.() === true);
    expect(executor.holdings.bytes).toBeLessThan(bytes);
    expect(compute(2)).toEqual([5, 3]);
    expect(compute(3)).toEqual([6, 4]);
  });
});
