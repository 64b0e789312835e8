import {
  type DType,
  evaluate,
  IndexError,
  referenceExecutor,
  type Tensor,
  tensor,
  useExecutor,
  Variable,
} from "@prewitt/core";
import { describe, expect, test } from "vitest";
import { countingExecutor } from "./counting-executor.ts";

describe("programs of uncompiled evaluations", () => {
  test("the same structure plans once, whatever the numbers", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    const results: number[] = [];
    for (const rate of [0.1, 0.25, 3, 7]) {
      const x = tensor([rate, 2 * rate]);
      results.push(x.mul(rate).add(0.7).sum().itemSync());
    }
    expect(executor.programs).toHaveLength(1);
    expect(executor.runs).toBe(4);
    expect(results[2]).toBeCloseTo(3 * 3 + 6 * 3 + 1.4, 5);
  });

  test("literals, shapes, dtypes, attributes and wiring are part of the structure", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    const x = (): Tensor =>
      tensor([
        [1, 2],
        [3, 4],
      ]); // prettier-ignore
    const graphs: (() => Tensor)[] = [
      () => x().mul(1.5),
      () => x().mul(2),
      () => x().mul(0.5),
      () => x().reshape([4]).mul(1.5),
      () => x().cast("float64").mul(1.5),
      () => x().sum({ axis: 0 }),
      () => x().sum({ axis: 1 }),
      () => ((a) => a.add(a.neg()))(x()),
      () => ((a, b) => a.add(b.neg()))(x(), x()),
      () => x().slice([0, 1]),
      () => x().slice([1, 2]),
    ];
    for (const make of graphs) make().dataSync();
    expect(executor.programs).toHaveLength(graphs.length);
    for (const make of graphs) make().dataSync();
    expect(executor.programs).toHaveLength(graphs.length);
  });

  test("minus zero is another literal than zero", () => {
    const x = tensor([1, -1]);
    expect([...x.mul(0).dataSync()]).toEqual([0, -0]);
    expect([...x.mul(-0).dataSync()]).toEqual([-0, 0]);
  });

  test("another executor plans for itself", () => {
    const executors = [countingExecutor(), countingExecutor({ fuse: true })];
    for (const executor of [...executors, ...executors]) {
      using _ = useExecutor(executor);
      expect(tensor([1, 2]).tanh().sum().itemSync()).toBeCloseTo(Math.tanh(1) + Math.tanh(2), 6);
    }
    expect(executors.map((e) => e.programs.length)).toEqual([1, 1]);
  });
});

describe("values", () => {
  test("are kept where they were asked for, and nowhere else", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    const x = tensor([1, 2]);
    const inner = x.mul(3);
    const outer = inner.add(1);
    outer.dataSync();
    outer.dataSync();
    expect(executor.runs).toBe(1);
    expect(inner.node.values[0]).toBeUndefined();
    expect([...inner.dataSync()]).toEqual([3, 6]);
    expect(executor.runs).toBe(2);
    // Planning stops at the kept value.
    expect([...outer.mul(10).dataSync()]).toEqual([40, 70]);
    expect(executor.programs.at(-1)?.kernels).toHaveLength(1);
  });

  test("several tensors are one program", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    const x = tensor([1, 2]).exp();
    const [a, b] = [x.sum(), x.max()];
    evaluate(a, b, a);
    expect([executor.programs.length, executor.runs]).toEqual([1, 1]);
    expect(executor.programs[0]?.outputs).toHaveLength(2);
  });

  test("arrays that were read belong to the reader", () => {
    const x = tensor([1, 2]).mul(2);
    x.dataSync()[0] = 99;
    expect([...x.dataSync()]).toEqual([2, 4]);
    const source = new Float32Array([5]);
    const t = tensor(source);
    source[0] = 6;
    expect(t.itemSync()).toBe(5);
  });

  test.each<[DType, unknown]>([
    ["float32", Float32Array],
    ["float64", Float64Array],
    ["int32", Int32Array],
    ["uint8", Uint8Array],
    ["bool", Uint8Array],
  ])("%s", (dtype, array) => {
    expect(tensor([0, 1]).cast(dtype).dataSync()).toBeInstanceOf(array);
  });

  test("asynchronous forms", async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]).mul(2); // prettier-ignore
    expect(await x.array()).toEqual([
      [2, 4],
      [6, 8],
    ]); // prettier-ignore
    expect(await x.sum().item()).toBe(20);
    expect([...(await x.data())]).toEqual([2, 4, 6, 8]);
    await expect(x.item()).rejects.toThrow("a tensor of 4 elements is not one number");
  });

  test("a loop that awaits values gives timers a turn", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const until = performance.now() + 400;
    for (let x = tensor([1]); performance.now() < until; ) {
      x = x.mul(1.0001).detach();
      await x.item();
    }
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  test("an index outside its axis is an error when it is read, and later evaluations work", () => {
    const x = tensor([1, 2, 3]);
    const bad = x.take(tensor([0, 3], { dtype: "int32" }), 0);
    expect(() => bad.dataSync()).toThrow(IndexError);
    expect(() => bad.dataSync()).toThrow(/evaluate\.test\.ts:\d+:\d+/);
    expect([...x.take(tensor([0, 2], { dtype: "int32" }), 0).dataSync()]).toEqual([1, 3]);
  });

  test("a value of one executor is read by another", () => {
    const v = new Variable(tensor([1, 2]));
    const a = v.read().mul(2);
    a.dataSync();
    using _ = useExecutor(referenceExecutor({ fuse: true }));
    expect([...a.add(v.read()).dataSync()]).toEqual([3, 6]);
  });
});
