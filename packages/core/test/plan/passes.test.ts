import {
  collect,
  compile,
  type Executor,
  grad,
  type Kernel,
  type PlanStages,
  planStages,
  referenceExecutor,
  type Tensor,
  tensor,
  useExecutor,
  Variable,
  validateGraph,
  validateProgram,
  zeros,
} from "@prewitt/core";
import { runOn } from "@prewitt/testing";
import { describe, expect, test } from "vitest";
import { countingExecutor } from "../run/counting-executor.ts";

const plain = referenceExecutor();
const fused = referenceExecutor({ fuse: true });
const x = tensor([
  [1, -2, 3],
  [-0, 5, -6],
]); // prettier-ignore

function stagesOf(outputs: Tensor | readonly Tensor[], executor: Executor = plain): PlanStages {
  const stages = planStages(collect(Array.isArray(outputs) ? outputs : [outputs as Tensor]), executor.traits);
  for (const graph of [stages.collected, stages.expanded, stages.simplified]) validateGraph(graph);
  for (const p of [stages.lowered, stages.fused, stages.scheduled, stages.program]) validateProgram(p);
  return stages;
}

const ops = (y: Tensor | readonly Tensor[]): string[] => stagesOf(y).simplified.nodes.map((n) => n.op.name);
const kinds = (kernels: readonly Kernel[]): string[] => kernels.map((k) => k.kind);

describe("collecting", () => {
  test("takes what the outputs need, in an order of computation, and nothing else", () => {
    const a = x.mul(3);
    const unused = a.exp();
    const b = a.tanh().add(a);
    const { nodes, leaves } = collect([b]);
    expect(nodes.map((n) => n.op.name)).toEqual(["mul", "tanh", "add"]);
    expect(nodes).not.toContain(unused.node);
    expect(leaves).toContain(x);
  });

  test("stops at values that are known", () => {
    const a = x.mul(3);
    a.dataSync();
    expect(collect([a.tanh()]).nodes.map((n) => n.op.name)).toEqual(["tanh"]);
  });
});

describe("simplifying", () => {
  test.each<[string, () => Tensor, string[]]>([
    ["x · 1", () => x.mul(1).tanh(), ["tanh"]],
    [
      "not by a tensor that happens to hold 1",
      () => tensor(1).broadcastTo([2, 3]).mul(x).tanh(),
      ["broadcastTo", "mul", "tanh"],
    ],
    ["x / 1", () => x.div(1).tanh(), ["tanh"]],
    ["x − 0", () => x.sub(0).tanh(), ["tanh"]],
    ["−(−x)", () => x.neg().neg().tanh(), ["tanh"]],
    ["stopGradient", () => x.stopGradient().tanh(), ["tanh"]],
    ["a sum over axes of size 1", () => x.reshape([2, 1, 3]).sum({ axis: 1 }).tanh(), ["reshape", "reshape", "tanh"]],
  ])("%s", (_, make, left) => {
    expect(ops(make())).toEqual(left);
  });

  test.each<[string, () => Tensor]>([
    ["x + 0, for −0 + 0 is 0", () => x.add(0)],
    ["x − (−0), for −0 + 0 is 0", () => x.sub(-0)],
    ["x · 0, for the signs and for NaN", () => x.mul(0)],
    ["x · 1 where it changes the shape", () => tensor([[2]]).mul(tensor([[1, 1]]))],
  ])("leaves %s", (_, make) => {
    expect(stagesOf(make()).simplified.nodes).toHaveLength(1);
  });

  test("keeps every bit, the sign of zero included", () => {
    const y = [x.mul(1), x.sub(0), x.neg().neg(), x.div(1)];
    for (const data of runOn(plain, y).values) expect([...data]).toEqual([1, -2, 3, -0, 5, -6]);
  });

  test("computes equal subexpressions once, of equal attributes only", () => {
    expect(ops(x.tanh().add(x.tanh()))).toEqual(["tanh", "add"]);
    expect(ops([x.mul(0.3), x.mul(0.3)])).toHaveLength(2);
    expect(ops([x.mul(2).exp(), x.mul(2).sin()])).toEqual(["mul", "exp", "sin"]);
    expect(ops([x.sum({ axis: 0 }), x.sum({ axis: 1 }), x.sum({ axis: 0 })])).toEqual(["sum", "sum"]);
  });

  test("folds arithmetic on literals", () => {
    const two = tensor(1, { dtype: "float32" });
    expect(ops(grad(x.mul(two).sum(), x))).not.toContain("add");
  });

  test("drops what nobody needs any more", () => {
    const w = new Variable(x);
    const stages = stagesOf(grad(w.read().mul(x).sum(), w));
    expect(stages.simplified.nodes.length).toBeLessThan(stages.collected.nodes.length);
    expect(kinds(stages.program.kernels)).not.toContain("reduce");
  });
});

describe("lowering", () => {
  test("views cost no kernel", () => {
    const y = x.transpose().reshape([3, 2, 1]).flip(0).slice([0, 2]).unsqueeze(0).broadcastTo([4, 2, 2, 1]).add(1);
    expect(kinds(stagesOf(y).lowered.kernels)).toEqual(["map"]);
  });

  test("a reshape that strides cannot say copies first", () => {
    expect(kinds(stagesOf(x.transpose().reshape([6]).add(1)).lowered.kernels)).toEqual(["map", "map"]);
  });

  test("literals become constants, other numbers inputs", () => {
    const { program } = stagesOf(x.mul(2).add(0.7));
    expect(program.inputs.map((i) => i.source)).toEqual(["constant", "scalar"]);
    expect(JSON.stringify(program.kernels[0])).toContain('"value":2');
  });

  test("kinds that want contiguous operands get copies", () => {
    const executor: Executor = { ...plain, traits: { ...plain.traits, stridedReads: new Set(["map"]) } };
    const { lowered } = stagesOf(x.transpose().sum({ axis: 0 }), executor);
    expect(kinds(lowered.kernels)).toEqual(["map", "reduce"]);
  });
});

describe("fusing", () => {
  test("a chain of maps is one kernel with one write", () => {
    const { program } = stagesOf(x.mul(3).tanh().add(0.3).exp(), fused);
    expect(kinds(program.kernels)).toEqual(["map"]);
    expect(program.arena).toBe(32);
    expect(program.kernels[0]?.origins?.map((o) => o.op)).toEqual(["mul", "tanh", "add", "exp"]);
  });

  test("maps go into the prologue of a reduction", () => {
    const { program } = stagesOf(x.sub(0.5).square().sum(), fused);
    expect(kinds(program.kernels)).toEqual(["reduce"]);
  });

  test("bias and activation go behind a product, together with what they read", () => {
    const bias = tensor([[1, 2]]);
    const { program } = stagesOf(x.matmul(x.transpose()).add(bias).tanh(), fused);
    expect(kinds(program.kernels)).toEqual(["contract"]);
    expect((program.kernels[0] as { epilogueReads?: unknown[] }).epilogueReads).toHaveLength(1);
  });

  test("a product that is read in two ways keeps its value", () => {
    const p = x.matmul(x.transpose());
    const { program } = stagesOf(p.add(p.transpose()), fused);
    expect(kinds(program.kernels)).toEqual(["contract", "map"]);
    expect(kinds(stagesOf(p.mul(p), fused).program.kernels)).toEqual(["contract"]);
  });

  test("a dear value that two kernels need is computed once", () => {
    const e = x.exp();
    const { program } = stagesOf([e.sum({ axis: 0 }), e.sum({ axis: 1 })], fused);
    const code = JSON.stringify(program.kernels.map((k) => ({ ...k, origins: [] })));
    expect(code.match(/"op":"exp"/g)).toHaveLength(1);
    const cheap = x.mul(2);
    expect(kinds(stagesOf([cheap.sum({ axis: 0 }), cheap.sum({ axis: 1 })], fused).program.kernels)).toEqual([
      "reduce",
      "reduce",
    ]);
  });

  test("expressions stay below the executor's limit", () => {
    let y = x;
    for (let i = 0; i < 100; i++) y = y.sin();
    const { program } = stagesOf(y, fused);
    const sizes = program.kernels.map((k) => (k.kind === "map" ? k.expression.instructions.length : 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(fused.traits.maxExpression);
    expect(sizes.length).toBeLessThan(4);
  });

  test("an output on the way stays an output", () => {
    const a = x.mul(3);
    const { program } = stagesOf([a, a.tanh()], fused);
    expect(program.outputs).toHaveLength(2);
    const { values } = runOn(fused, [a, a.tanh()]);
    expect(values[1]![0]).toBeCloseTo(Math.tanh(3), 6);
  });
});

describe("scheduling", () => {
  test("checks run as soon as their value is there, before anything is assigned", () => {
    const executor = countingExecutor({ fuse: true });
    using _ = useExecutor(executor);
    const w = new Variable(x);
    compile(() => {
      const loss = w.read().square().sum();
      w.assign(w.read().sub(grad(loss, w).exp().mul(0.1)));
      return loss;
    })();
    const { kernels } = executor.programs.find((p) => p.variables.length > 0)!;
    expect(kinds(kernels)).toEqual(["reduce", "check", "map"]);
  });

  test("keeps only buffers that are touched", () => {
    const { program } = stagesOf(x.mul(2).mul(1).add(0).tanh(), fused);
    const touched = new Set(program.kernels.flatMap((k) => [...k.reads, ...k.writes].map((o) => o.buffer)));
    expect(program.buffers.map((b) => b.id)).toEqual([...touched].sort((a, b) => a - b));
  });
});

describe("planning memory", () => {
  test("buffers that live one after the other share bytes", () => {
    let y: Tensor = zeros([256]).add(1);
    for (let i = 0; i < 10; i++) y = y.sin();
    expect(stagesOf(y).program.arena).toBe(2 * 1024);
  });

  test("buffers of different sizes and dtypes are packed, aligned", () => {
    const a = x.cast("uint8").add(1);
    const b = x.cast("float64").sum({ axis: 0 });
    const c = a.cast("float64").sum({ axis: 0 }).add(b);
    const { program } = stagesOf(c);
    for (const buffer of program.buffers)
      if (buffer.role === "temporary") expect(buffer.offset % plain.traits.alignment).toBe(0);
  });

  test("very long programs are placed in one walk, nearly as tightly", () => {
    // A chain forward and back: half of the values are alive in the middle.
    const build = (n: number): PlanStages => {
      const start = tensor(new Float32Array(4));
      let y: Tensor = start;
      for (let i = 0; i < n; i++) y = y.sin();
      return stagesOf(grad(y.sum(), start));
    };
    const [short, long] = [build(200), build(2500)];
    expect(short.program.buffers.length).toBeLessThan(4096);
    expect(long.program.buffers.length).toBeGreaterThan(4096);
    expect(long.program.arena / 2500).toBeLessThan((short.program.arena / 200) * 1.05);
  });

  test("a plan that needs more than the executor has is refused before anything runs", () => {
    const limited = { ...countingExecutor() };
    const executor = Object.assign(limited, { traits: { ...limited.traits, memoryLimit: 4096 } });
    using _ = useExecutor(executor);
    const y = zeros([2048]).add(1).exp();
    expect(() => y.dataSync()).toThrow(
      [
        "the plan needs 16.0 KiB of memory at its peak, the executor has 4.00 KiB",
        "  - 8.00 KiB alive at the peak: float32 [2048] of add",
        "  - 8.00 KiB alive at the peak: float32 [2048] of exp",
        "  fix: use a batch of at most 512 instead of 2048, or checkpoint() around the largest blocks",
      ].join("\n"),
    );
    expect(executor.runs).toBe(0);
  });
});
