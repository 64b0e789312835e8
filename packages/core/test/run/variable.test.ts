import { compile, evaluate, grad, settle, settleGeneration, tensor, useExecutor, Variable, zeros } from "@prewitt/core";
import { describe, expect, test } from "vitest";
import { countingExecutor } from "./counting-executor.ts";

const values = (v: Variable): number[] => [...v.read().dataSync()];

describe("reading", () => {
  test("one node a version, made anew by an assignment", () => {
    const v = new Variable(tensor([1, 2]));
    const first = v.read();
    expect(v.read()).toBe(first);
    v.assign(first.mul(2));
    expect(v.read()).not.toBe(first);
    expect(v.read()).toBe(v.read());
    expect(v.version).toBe(1);
    expect([...first.dataSync()]).toEqual([1, 2]);
    expect(values(v)).toEqual([2, 4]);
  });

  test("still one node once executor memory holds the value", () => {
    const v = new Variable(tensor([1, 2]));
    compile(() => v.assign(v.read().add(1)))();
    const node = v.read();
    expect(v.read()).toBe(node);
    expect([...node.dataSync()]).toEqual([2, 3]);
  });

  test("a number makes a float32 scalar; a number fits any shape on assignment", () => {
    const v = new Variable(0.5);
    expect([v.dtype, v.shape]).toEqual(["float32", []]);
    const w = new Variable(zeros([2, 2]));
    w.assign(3);
    expect(values(w)).toEqual([3, 3, 3, 3]);
  });
});

describe("assigning", () => {
  test("computes nothing, and later reads chain on it", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    const v = new Variable(tensor([1]));
    for (let i = 0; i < 5; i++) v.assign(v.read().mul(2));
    expect(executor.runs).toBe(0);
    expect(values(v)).toEqual([32]);
    expect(executor.runs).toBe(1);
  });

  test("swaps", () => {
    const a = new Variable(tensor([1]));
    const b = new Variable(tensor([2]));
    const [x, y] = [a.read(), b.read()];
    a.assign(y);
    b.assign(x);
    expect([values(a), values(b)]).toEqual([[2], [1]]);
  });

  test("an evaluation that needs a pending version keeps its value", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    const v = new Variable(tensor([1, 1]));
    v.assign(v.read().mul(3));
    expect(v.read().sum().itemSync()).toBe(6);
    expect(executor.runs).toBe(1);
    expect(values(v)).toEqual([3, 3]);
    expect(executor.runs).toBe(1);
  });

  test("a misfit is an error that names the variable and leaves it as it was", () => {
    const v = new Variable(zeros([2, 3]), { name: "head.weight" });
    expect(() => v.assign(zeros([3, 2]))).toThrow(
      /^\[assign\] the value does not fit head\.weight\n {2}head\.weight: float32 \[2, 3\]\n {2}value: float32 \[3, 2\]\n {2}fix: give it the shape \[2, 3\]\n {2}at .*variable\.test\.ts:\d+:\d+$/,
    );
    expect(() => v.assign(zeros([2, 3], { dtype: "int32" }))).toThrow('fix: value.cast("float32")');
    expect(v.version).toBe(0);
  });

  test("two variables that share a value go their own ways", () => {
    const a = new Variable(tensor([1, 2]));
    const double = compile(() => a.assign(a.read().mul(2)));
    double();
    const b = new Variable(a.read());
    double();
    expect(values(b)).toEqual([2, 4]);
    expect(values(a)).toEqual([4, 8]);
  });
});

describe("settling", () => {
  test("evaluates and forgets the history, so gradients stop there", () => {
    const w = new Variable(tensor([3]));
    const v = new Variable(tensor([1]));
    v.assign(w.read().mul(2));
    expect([...grad(v.read().sum(), w).dataSync()]).toEqual([2]);
    settle(v);
    expect(() => grad(v.read().sum(), w)).toThrow("y does not reach");
    expect([...grad(v.read().sum(), v).dataSync()]).toEqual([1]);
    expect(values(v)).toEqual([6]);
  });

  test("what grad reaches does not depend on what was read before", () => {
    for (const readFirst of [false, true]) {
      const w = new Variable(tensor([3]));
      const v = new Variable(tensor([1]));
      const next = w.read().mul(2);
      if (readFirst) next.dataSync();
      v.assign(next);
      expect([...grad(v.read().sum(), w).dataSync()]).toEqual([2]);
    }
  });

  test("one evaluation settles all of them", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    const cells = [1, 2, 3].map((n) => new Variable(tensor([n])));
    for (const v of cells) v.assign(v.read().add(cells[0]!.read()));
    settle();
    expect(executor.runs).toBe(1);
    expect(cells.map(values)).toEqual([[2], [4], [5]]);
    expect(executor.runs).toBe(1);
  });

  test("generations keep graphs from growing with the steps", () => {
    const v = new Variable(tensor([1]));
    const depth = (): number => {
      let n = 0;
      for (let node = v.read().node; node.inputs.length > 0; node = node.inputs[0]!.node) n++;
      return n;
    };
    const depths: number[] = [];
    for (let step = 0; step < 20; step++) {
      settleGeneration();
      v.assign(v.read().mul(1.5).add(0.25));
      depths.push(depth());
    }
    expect(Math.max(...depths.slice(3))).toBe(depths[3]);
    evaluate(v.read());
    expect(values(v)[0]).toBeCloseTo(1.5 ** 20 + 0.5 * (1.5 ** 20 - 1), 0);
  });
});
