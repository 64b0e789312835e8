import {
  type Cost,
  checkpoint,
  collect,
  costOf,
  formatGraph,
  grad,
  inspect,
  planStages,
  referenceExecutor,
  sort,
  type Tensor,
  tensor,
  useExecutor,
  Variable,
  withScope,
  zeros,
} from "@prewitt/core";
import { describe, expect, test } from "vitest";
import { countingExecutor } from "../run/counting-executor.ts";

const fused = referenceExecutor({ fuse: true });
const costFor = (...outputs: Tensor[]) => costOf(planStages(collect(outputs), fused.traits));

/** Lines without source lines. */
const linesOf = (text: string): string[] =>
  text.split("\n").map((line) => line.replace(/( {2}#)? +\S+\.ts:\d+:\d+$/, "").trimEnd());

describe("graphs as text", () => {
  test("one node a line: number, dtype, shape, op, operands, attributes, module and source line", () => {
    const x = zeros([4, 3]);
    const y = withScope("net.head", () => x.mul(0.5)).sum({ axis: 1 });
    const text = formatGraph(collect([y]));
    expect(linesOf(text)).toEqual([
      "%0 float32 [] = scalar 0",
      "%1 float32 [] = scalar 0.5",
      "%2 float32 [4, 3] = broadcastTo(%0) shape=[4,3]",
      "%3 float32 [4, 3] = mul(%2, %1)  # net.head",
      "%4 float32 [4] = sum(%3) axes=[1] keepDims=false",
      "return %4",
    ]);
    expect(text).toMatch(/= mul\(%2, %1\) {2}# net\.head {2}inspect\.test\.ts:\d+:\d+\n/);
  });

  test("several outputs, constants, values on the way, variables, assignments and checks", () => {
    const v = new Variable(tensor([3, 1]), { name: "w" });
    const known = v.read().mul(2);
    known.dataSync();
    const { values, indices } = sort(known);
    const text = formatGraph(collect([indices], [{ variable: v, value: values }], [v.read().sum()]));
    expect(linesOf(text)).toEqual([
      "%0 float32 [2] = variable w version 0",
      "%1 float32 [2] = value of mul",
      "%2 float32 [2], %3 int32 [2] = sort(%1) axis=0 descending=false",
      "%4 float32 [] = sum(%0) axes=[0] keepDims=false",
      "w ← %2",
      "check %4",
      "return %3",
    ]);
  });
});

describe("cost", () => {
  const x = zeros([8, 16]).add(0.1).detach();
  const w = zeros([16, 32]).add(0.1).detach();

  test("a product, its bias and its activation", () => {
    const cost = costFor(x.matmul(w).add(tensor(0.3)).tanh());
    const product = 2 * 8 * 16 * 32;
    expect(cost.flops).toBe(product + 2 * 8 * 32);
    expect(cost.kernelFlops).toBe(product + 2 * 8 * 32);
    expect([cost.kernels, cost.bytesRead, cost.bytesWritten]).toEqual([1, 4 * (8 * 16 + 16 * 32 + 1), 4 * 8 * 32]);
    expect(cost.peakBytes).toBe(4 * 8 * 32);
  });

  test("views cost nothing, stretched operands are read once, reductions take one operation an element", () => {
    const y = x.transpose().reshape([16, 2, 4]);
    const cost = costFor(y.sum());
    expect([cost.flops, cost.kernels]).toEqual([128, 1]);
    expect(costFor(tensor([[1]]).mul(x)).bytesRead).toBe(4 * (1 + 128));
  });

  test("recomputation shows in the program, not in the graph", () => {
    const block = (t: Tensor): Tensor => t.matmul(w).tanh().matmul(w.transpose()).tanh();
    const cost = (f: (t: Tensor) => Tensor): Cost => {
      const loss = f(x).sum();
      return costFor(loss, grad(loss, x));
    };
    const [kept, again] = [cost(block), cost(checkpoint(block))];
    // Both products and the first activation run twice.
    expect(again.kernelFlops).toBeGreaterThan(kept.kernelFlops + 2 * 8192);
  });

  test("is broken down by module, and adds up", () => {
    const y = withScope("stem", () => x.matmul(w));
    const z = withScope("head", () => y.tanh().sum());
    const cost = costFor(z);
    expect([...cost.modules.keys()]).toEqual(["stem", "head"]);
    expect(cost.modules.get("stem")).toEqual({
      flops: 8192,
      bytesRead: 4 * (128 + 512),
      bytesWritten: 1024,
      kernels: 1,
    });
    const total = [...cost.modules.values()].reduce((sum, m) => sum + m.flops, 0);
    expect(total).toBe(cost.flops);
    expect(cost.toString()).toContain("  stem    8.19 kFLOP  2.50 KiB  1.00 KiB        1");
  });
});

describe("inspect", () => {
  test("shows all stages and runs nothing, assigns nothing", () => {
    const executor = countingExecutor({ fuse: true });
    using _ = useExecutor(executor);
    const w = new Variable(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      { name: "head.weight" },
    ); // prettier-ignore
    const step = (x: Tensor, rate: number | Tensor): Tensor => {
      const loss = withScope("head", () => x.matmul(w.read()).tanh().sum());
      w.assign(w.read().sub(grad(loss, w).mul(rate)));
      return loss;
    };
    const inspection = inspect(step, tensor([[1, 2]]), 0.1);
    const { stages, cost } = inspection;
    const text = `${inspection}`;
    for (const part of [
      "graph, as written",
      "graph, expanded and simplified",
      "program",
      "cost",
      "head.weight ←",
      "= argument 1",
      "contract",
    ]) {
      expect(text).toContain(part);
    }
    expect(stages.collected.assigns.map((a) => a.variable)).toEqual([w]);
    expect(cost.variableBytes).toBe(16);
    expect([executor.runs, w.version]).toEqual([0, 0]);
    expect([...w.read().dataSync()]).toEqual([1, 2, 3, 4]);
  });

  test("errors of the function leave no trace under way", () => {
    expect(() => inspect(() => tensor([1, 2]).add(tensor([1, 2, 3])))).toThrow("do not broadcast");
    expect(tensor([1]).itemSync()).toBe(1);
  });
});
