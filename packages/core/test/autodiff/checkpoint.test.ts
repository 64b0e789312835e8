import {
  checkpoint,
  collect,
  compile,
  grad,
  inspect,
  planStages,
  referenceExecutor,
  type Tensor,
  type TypedArray,
  tensor,
  useExecutor,
  Variable,
  validateGraph,
  validateProgram,
} from "@prewitt/core";
import { checkGradients, expectClose, expectSameBits } from "@prewitt/testing";
import { describe, expect, test } from "vitest";
import { countingExecutor } from "../run/counting-executor.ts";

const input = tensor(
  Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
  { shape: [8, 8] },
);

/** A block with intermediates that the gradient needs. */
const block = (x: Tensor): Tensor => x.matmul(x.transpose()).tanh().matmul(x).sigmoid().mul(2).sub(1);

function deep(wrap: (fn: (x: Tensor) => Tensor) => (x: Tensor) => Tensor, blocks: number, x: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < blocks; i++) y = wrap(block)(y);
  return y.square().mean();
}

const plain = (fn: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) => fn;

describe("the same bits", () => {
  test.each([false, true])("of values and gradients, and the same second gradients (fused: %s)", (fuse) => {
    using _ = useExecutor(referenceExecutor({ fuse }));
    const [kept, again] = [plain, checkpoint as typeof plain].map((wrap) => {
      const loss = deep(wrap, 3, input);
      const g = grad(loss, input);
      const gg = grad(g.square().sum(), input);
      return [loss, g, gg].map((t) => t.dataSync());
    }) as [TypedArray[], TypedArray[]];
    expectSameBits(again[0]!, kept[0]!, "loss");
    expectSameBits(again[1]!, kept[1]!, "gradient");
    // The second sweep adds contributions in another order.
    expectClose(again[2]!, kept[2]!, { relative: 1e-5, ofLargest: 1e-6 }, "second gradient");
  });

  test("derivatives of all orders are right", () => {
    checkGradients((x) => checkpoint((t: Tensor) => t.sin().mul(t).exp())(x), [tensor([0.3, -0.7])], {
      order: 2,
      mode: "full",
    });
  });

  test("in a compiled training step", () => {
    const losses = [plain, checkpoint as typeof plain].map((wrap) => {
      const w = new Variable(input.mul(0.1));
      const step = compile((x: Tensor) => {
        const loss = wrap((t) => block(t).matmul(w.read()).tanh())(x)
          .square()
          .mean();
        w.assign(w.read().sub(grad(loss, w)));
        return loss;
      });
      return [1, 2, 3].map((n) => step(input.mul(n)).itemSync());
    });
    expect(losses[1]).toEqual(losses[0]);
  });
});

describe("recomputation", () => {
  const traits = referenceExecutor().traits;
  const programOf = (wrap: typeof plain, blocks: number) => {
    const x = input;
    const stages = planStages(collect([grad(deep(wrap, blocks, x), x)]), traits);
    for (const graph of [stages.collected, stages.expanded, stages.simplified]) validateGraph(graph);
    for (const p of [stages.lowered, stages.fused, stages.scheduled, stages.program]) validateProgram(p);
    return stages.program;
  };
  const contractions = (program: ReturnType<typeof programOf>): number =>
    program.kernels.filter((k) => k.kind === "contract").length;

  test("really happens: each block's contractions run once more", () => {
    const [kept, again] = [programOf(plain, 6), programOf(checkpoint as typeof plain, 6)];
    // The last product of a block is recomputed too: its activation needs it.
    expect(contractions(again) - contractions(kept)).toBe(6 * 2);
  });

  test("needs less memory at the peak, and saves more the more blocks there are", () => {
    const peaks = (blocks: number): [number, number] => [
      programOf(plain, blocks).arena,
      programOf(checkpoint as typeof plain, blocks).arena,
    ];
    const [few, many] = [peaks(4), peaks(12)];
    expect(few[1]).toBeLessThan(few[0]);
    expect(many[1] / many[0]).toBeLessThan(0.6);
    // One value of 8 × 8 floats a block is kept, instead of three.
    expect([(many[0] - few[0]) / 8, (many[1] - few[1]) / 8]).toEqual([3 * 256, 256]);
  });

  test("waits for the cotangent: clones come after the forward sweep", () => {
    const x = input;
    const loss = deep(checkpoint as typeof plain, 2, x);
    const { program } = planStages(collect([loss, grad(loss, x)]), traits);
    const ops = program.kernels.map((k) => k.origins?.[0]?.op);
    const forward = ops.slice(0, ops.indexOf("mean")).filter((op) => op === "tanh");
    const backward = ops.slice(ops.indexOf("mean")).filter((op) => op === "tanh");
    expect([forward.length, backward.length]).toEqual([2, 2]);
    // The second block is recomputed and used up before the first one is recomputed.
    const between = ops.slice(ops.indexOf("tanh", ops.indexOf("mean")) + 1, ops.lastIndexOf("tanh"));
    expect(between.filter((op) => op === "matmul").length).toBeGreaterThan(3);
  });

  test("shows in the picture of the graph", () => {
    const text = String(inspect((x: Tensor) => grad(deep(checkpoint as typeof plain, 2, x), x), input));
    expect(text).toMatch(/= tanh\(%\d+\) ~1 /);
    expect(text).toMatch(/= tanh\(%\d+\) ~2 /);
  });

  test("is planned once for graphs of one structure", () => {
    const executor = countingExecutor();
    using _ = useExecutor(executor);
    for (const n of [1, 2, 3]) {
      const x = input.mul(n).detach();
      grad(deep(checkpoint as typeof plain, 2, x), x).dataSync();
    }
    const gradients = executor.programs.filter((p) => p.kernels.some((k) => k.kind === "contract"));
    expect(gradients).toHaveLength(1);
  });
});

describe("what enters", () => {
  test("variables that the function reads get their gradients", () => {
    const w = new Variable(tensor([2, 3]));
    const b = new Variable(tensor([1, 1]));
    const x = tensor([1, 2]);
    const y = checkpoint((t: Tensor) => t.mul(w.read()).add(b.read()).square())(x);
    const g = grad(y.sum(), { w, b, x });
    expect([g.w, g.b, g.x].map((t) => [...t.dataSync()])).toEqual([
      [6, 28],
      [6, 14],
      [12, 42],
    ]);
  });

  test("tensors from outside, several arguments, trees of results, and blocks inside blocks", () => {
    const outside = tensor([5, 7]).mul(2);
    const f = checkpoint((a: Tensor, b: Tensor) => ({
      y: checkpoint((t: Tensor) => t.mul(outside).sin())(a).mul(b),
      sum: a.add(b),
    }));
    const [a, b] = [tensor([0.5, 1]), tensor([2, 3])];
    const loss = (r: { y: Tensor; sum: Tensor }): Tensor => r.y.mul(r.sum).sum();
    const got = grad(loss(f(a, b)), [a, b, outside]).map((t) => t.dataSync());
    const y = a.mul(outside).sin().mul(b);
    const wanted = grad(loss({ y, sum: a.add(b) }), [a, b, outside]).map((t) => t.dataSync());
    wanted.forEach((data, i) => {
      expectSameBits(got[i]!, data, `gradient ${i}`);
    });
  });

  test("a function that returns its argument, or nothing that depends on it", () => {
    const x = tensor([1, 2]);
    expect([
      ...grad(
        checkpoint((t: Tensor) => t)(x)
          .square()
          .sum(),
        x,
      ).dataSync(),
    ]).toEqual([2, 4]);
    const constant = checkpoint(() => tensor([3]).mul(2))();
    expect([...constant.dataSync()]).toEqual([6]);
  });
});
