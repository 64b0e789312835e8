import {
  compile,
  currentScope,
  grad,
  seed,
  type Tensor,
  type TensorSpec,
  tensor,
  type Variable,
  zeros,
} from "@prewitt/core";
import {
  BatchNorm2d,
  Buffer,
  Conv2d,
  Dropout,
  Flatten,
  Identity,
  init,
  initializers,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from "@prewitt/nn";
import { relu } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

class Block extends Module {
  conv = new Conv2d({ out: 4, kernel: 3, padding: "same" });
  norm = new BatchNorm2d();
  forward(x: Tensor): Tensor {
    return relu(this.norm.forward(this.conv.forward(x)));
  }
}

class Net extends Module {
  stem = new Block();
  stages: Layer[] = [new Block(), new Sequential(new MaxPool2d(2), new Block())];
  heads = { first: new Linear({ out: 3 }), second: new Sequential(new Dropout(), new Linear({ out: 2 })) };
  forward(x: Tensor): Tensor {
    let y = this.stem.forward(x);
    for (const stage of this.stages) y = stage.forward(y);
    const flat = y.mean([2, 3]);
    return this.heads.first.forward(flat).concat([this.heads.second.forward(flat)], 1);
  }
}

describe("paths", () => {
  const model = init(new Net(), [2, 8, 8]);

  test("parameters, in fields, arrays and plain objects", () => {
    expect(Object.keys(model.parameters())).toEqual([
      "stem.conv.weight",
      "stem.conv.bias",
      "stem.norm.weight",
      "stem.norm.bias",
      "stages.0.conv.weight",
      "stages.0.conv.bias",
      "stages.0.norm.weight",
      "stages.0.norm.bias",
      "stages.1.1.conv.weight",
      "stages.1.1.conv.bias",
      "stages.1.1.norm.weight",
      "stages.1.1.norm.bias",
      "heads.first.weight",
      "heads.first.bias",
      "heads.second.1.weight",
      "heads.second.1.bias",
    ]);
  });

  test("buffers have torchvision's names; counters are no part of the state dict", () => {
    expect(Object.keys(model.buffers())).toEqual([
      ...["stem", "stages.0", "stages.1.1"].flatMap((b) =>
        ["running_mean", "running_var", "num_batches_tracked"].map((name) => `${b}.norm.${name}`),
      ),
      "heads.second.0.counter",
    ]);
    expect(Object.keys(model.stateDict())).not.toContain("heads.second.0.counter");
    expect(Object.keys(model.stateDict())).toContain("stem.norm.num_batches_tracked");
    expect(Object.keys(model.stateDict({ counters: true }))).toContain("heads.second.0.counter");
  });

  test("modules by path, and variables named by it", () => {
    expect(model.modules()["stages.1.1.norm"]).toBe(((model.stages[1] as Sequential)[1] as Block).norm);
    expect(model.modules()[""]).toBe(model);
    expect(model.stem.norm.path).toBe("stem.norm");
    expect(model.stem.norm.runningMean?.name).toBe("stem.norm.running_mean");
    expect(model.parameters()["heads.first.bias"]?.name).toBe("heads.first.bias");
  });

  test("a part of the model counts from itself", () => {
    expect(Object.keys(model.stem.parameters())).toEqual(["conv.weight", "conv.bias", "norm.weight", "norm.bias"]);
    expect(model.stem.conv.path).toBe("stem.conv");
  });

  test("nodes know the module that made them", () => {
    const y = model.forward(zeros([1, 2, 8, 8]));
    expect(y.node.scope).toBe("");
    const scopes = new Set<string>();
    const stack = [y.node];
    for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
      scopes.add(n.scope);
      stack.push(...n.inputs.map((t) => t.node));
    }
    expect([...scopes]).toEqual(expect.arrayContaining(["", "stem", "stem.conv", "stages.1.1.norm", "heads.second.1"]));
    expect(currentScope()).toBe("");
  });

  test("as text", () => {
    expect(`${model}`.split("\n")).toEqual([
      "Net",
      "  stem: Block",
      "    conv: Conv2d(2 → 4, kernel 3×3, padding same)",
      "    norm: BatchNorm2d(4)",
      "  stages.0: Block",
      "    conv: Conv2d(4 → 4, kernel 3×3, padding same)",
      "    norm: BatchNorm2d(4)",
      "  stages.1: Sequential",
      "    0: MaxPool2d(kernel 2×2)",
      "    1: Block",
      "      conv: Conv2d(4 → 4, kernel 3×3, padding same)",
      "      norm: BatchNorm2d(4)",
      "  heads.first: Linear(4 → 3)",
      "  heads.second: Sequential",
      "    0: Dropout(0.5)",
      "    1: Linear(4 → 2)",
    ]);
  });
});

test("sizes given by options need no init", () => {
  const model = new Sequential(
    new Conv2d({ in: 1, out: 2, kernel: 3 }),
    new ReLU(),
    new Flatten(),
    new Linear({ in: 8, out: 3 }),
  );
  expect(Object.keys(model.parameters())).toEqual(["0.weight", "0.bias", "3.weight", "3.bias"]);
  expect(model.forward(zeros([5, 1, 4, 4])).shape).toEqual([5, 3]);
});

test("layers without state run alone", () => {
  expect(new MaxPool2d(2).forward(zeros([1, 1, 4, 4])).shape).toEqual([1, 1, 2, 2]);
  expect(new Sequential(new ReLU(), (x) => x.mul(2), new Identity()).forward(tensor([-1, 3])).arraySync()).toEqual([
    0, 6,
  ]);
});

test("a shared module has one path, one weight, and gradients from both calls", () => {
  class Twice extends Module {
    first = new Linear({ out: 3, bias: false });
    again = this.first;
    self: Module = this;
    forward(x: Tensor): Tensor {
      return this.again.forward(this.first.forward(x));
    }
  }
  const model = init(new Twice(), [3], { dtype: "float64" });
  expect(Object.keys(model.parameters())).toEqual(["first.weight"]);
  expect(Object.keys(model.modules())).toEqual(["", "first"]);
  expect(`${model}`).toContain("again: Linear(3 → 3, no bias) (shared)");
  const w = model.first.weight;
  w.assign(
    tensor(
      [
        [1, 2, 0],
        [0, 1, 0],
        [0, 0, 3],
      ],
      { dtype: "float64" },
    ),
  );
  const x = tensor([[1, 2, 3]], { dtype: "float64" });
  // y = x Wᵀ Wᵀ, s = Σ y: with u = (1, 1, 1), ∂s/∂W = u (xWᵀ) + (Wᵀ u) x, both outer products.
  const { "first.weight": g } = grad(model.forward(x).sum(), model.parameters());
  const xw = [5, 2, 9];
  const wu = [1, 3, 3];
  const expected = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (xw[j] as number) + (wu[i] as number) * [1, 2, 3][j]!));
  expect(g?.arraySync()).toEqual(expected);
});

test("several inputs, and results that are no tensor", () => {
  class Siamese extends Module<[a: Tensor, b: Tensor], { both: Tensor; distance: Tensor }> {
    encoder = new Linear({ out: 2 });
    join = new Linear({ out: 1 });
    forward(a: Tensor, b: Tensor): { both: Tensor; distance: Tensor } {
      const [p, q] = [this.encoder.forward(a), this.encoder.forward(b)];
      return { both: this.join.forward(p.concat([q], 1)), distance: p.sub(q).square().sum(1) };
    }
  }
  const model = init(new Siamese(), [[3], [3]]);
  expect(model.join.weight.shape).toEqual([1, 4]);
  expect(model.forward(zeros([5, 3]), zeros([5, 3])).distance.shape).toEqual([5]);
});

test("a layer of one's own makes its variables in build", () => {
  class Scale extends Module {
    weight!: Variable;
    calls = new Buffer(0, { persistent: false });
    override build(inputs: readonly TensorSpec[] | undefined): void {
      this.weight = this.parameter("weight", [1, inputs?.[0]?.shape[1] ?? 0], initializers.constant(3));
    }
    forward(x: Tensor): Tensor {
      return x.mul(this.weight.read());
    }
  }
  const model = init(new Sequential(new Scale(), new Linear({ out: 2 })), [4]);
  expect(Object.keys(model.stateDict())).toEqual(["0.weight", "1.weight", "1.bias"]);
  expect(Object.keys(model.parameters())).toEqual(["0.weight", "1.weight", "1.bias"]);
  expect((model[0] as Scale).forward(tensor([[1, 2, 3, 4]])).arraySync()).toEqual([[3, 6, 9, 12]]);
});

test("forward may be an arrow field", () => {
  class Arrow extends Module {
    dense = new Linear({ out: 2 });
    override forward = (x: Tensor): Tensor => this.dense.forward(x);
  }
  const model = init(new Arrow(), [3]);
  expect(model.forward(zeros([1, 3])).node.scope).toBe("dense");
});

test("init computes nothing, moves no statistics and no counters", () => {
  const model = init(new Sequential(new BatchNorm2d(), new Dropout(0.5)), [2, 3, 3]);
  const state = model.stateDict({ counters: true });
  expect(state["0.num_batches_tracked"]?.itemSync()).toBe(0);
  expect(state["1.counter"]?.itemSync()).toBe(0);
  expect(state["0.running_mean"]?.arraySync()).toEqual([0, 0]);
});

test("init a second time builds what is new and keeps the rest", () => {
  class Transfer extends Module {
    body = new Linear({ out: 4 });
    head = new Linear({ out: 3 });
    forward(x: Tensor): Tensor {
      return this.head.forward(this.body.forward(x));
    }
  }
  const model = init(new Transfer(), [2]);
  const predict = compile((x: Tensor) => model.forward(x));
  expect(predict(zeros([1, 2])).shape).toEqual([1, 3]);
  const body = model.body.weight;
  model.head = new Linear({ out: 7 });
  expect(() => model.forward(zeros([1, 2]))).toThrow("init did not find it");
  init(model, [2]);
  expect(model.body.weight).toBe(body);
  expect(model.parameters()["head.weight"]?.shape).toEqual([7, 4]);
  // A compiled function notices the new head.
  expect(predict(zeros([1, 2])).shape).toEqual([1, 7]);
  expect(predict.traces).toBe(2);
});

test("a backbone keeps its path in a second model, and is found by both", () => {
  const backbone = new Sequential(new Linear({ out: 4 }));
  class First extends Module {
    backbone = backbone;
    forward(x: Tensor): Tensor {
      return this.backbone.forward(x);
    }
  }
  class Second extends Module {
    body = { trunk: backbone };
    head = new Linear({ out: 2 });
    forward(x: Tensor): Tensor {
      return this.head.forward(this.body.trunk.forward(x));
    }
  }
  const first = init(new First(), [3]);
  const second = init(new Second(), [3]);
  expect(backbone[0]?.path).toBe("backbone.0");
  expect(Object.keys(second.parameters())).toEqual([
    "body.trunk.0.weight",
    "body.trunk.0.bias",
    "head.weight",
    "head.bias",
  ]);
  expect(second.parameters()["body.trunk.0.weight"]).toBe(first.parameters()["backbone.0.weight"]);
  expect(second.head.path).toBe("head");
});

test("the state dict has values and no history", () => {
  const model = init(new Linear({ out: 1, bias: false }), [1]);
  model.weight.assign(model.weight.read().add(1).mul(2));
  expect(model.stateDict().weight?.node.inputs).toEqual([]);
});

test("the state dict is a snapshot", () => {
  const model = init(new Linear({ out: 1, bias: false }), [1]);
  model.weight.assign(tensor([[1]]));
  const saved = model.stateDict();
  const step = compile(() => model.weight.assign(model.weight.read().add(1)));
  step();
  step();
  expect(model.weight.read().itemSync()).toBe(3);
  expect(saved.weight?.itemSync()).toBe(1);
  model.loadStateDict(saved);
  expect(model.weight.read().itemSync()).toBe(1);
  step();
  expect(model.weight.read().itemSync()).toBe(2);
  expect(saved.weight?.itemSync()).toBe(1);
});

describe("freeze", () => {
  const make = () => init(new Net(), [2, 8, 8]);

  test("a module with a star, a name at any depth, a path", () => {
    const model = make();
    model.freeze("stages.*");
    expect(Object.keys(model.parameters())).toHaveLength(8);
    model.freeze("**.bias");
    expect(Object.keys(model.parameters())).toEqual([
      "stem.conv.weight",
      "stem.norm.weight",
      "heads.first.weight",
      "heads.second.1.weight",
    ]);
    model.unfreeze("stages.1.**.weight");
    expect(Object.keys(model.parameters())).toContain("stages.1.1.norm.weight");
    expect(model.namedParameters()).toHaveLength(16);
    expect(Object.keys(model.stateDict())).toHaveLength(16 + 9);
    model.unfreeze("**");
    expect(Object.keys(model.parameters())).toHaveLength(16);
  });

  test("compiled functions are traced again when it changes, and only then", () => {
    const model = make();
    const gradients = compile((x: Tensor) => grad(model.forward(x).sum(), model.parameters()));
    const x = zeros([2, 2, 8, 8]);
    expect(Object.keys(gradients(x))).toHaveLength(16);
    gradients(x);
    expect(gradients.traces).toBe(1);
    model.stem.freeze("**");
    expect(Object.keys(gradients(x))).toHaveLength(12);
    model.unfreeze("stem");
    expect(Object.keys(gradients(x))).toHaveLength(16);
    expect(gradients.traces).toBe(2);
  });
});

test("train and eval reach every module, and compiled functions follow", () => {
  const model = init(new Net(), [2, 8, 8]);
  const run = compile((x: Tensor) => model.forward(x));
  const x = zeros([2, 2, 8, 8]);
  run(x);
  expect(model.stem.norm.numBatchesTracked?.read().itemSync()).toBe(1);
  model.eval();
  expect(Object.values(model.modules()).every((m) => !m.training)).toBe(true);
  run(x);
  run(x);
  expect(model.stem.norm.numBatchesTracked?.read().itemSync()).toBe(1);
  model.train();
  run(x);
  expect(model.stem.norm.numBatchesTracked?.read().itemSync()).toBe(2);
  expect(run.traces).toBe(2);
});

describe("initial weights", () => {
  const weights = (model: Module): Record<string, ArrayLike<number>> =>
    Object.fromEntries(Object.entries(model.stateDict()).map(([path, t]) => [path, t.dataSync()]));

  test("are the same for the same seed, and others for another", () => {
    seed(7);
    const a = weights(init(new Net(), [2, 8, 8]));
    const b = weights(init(new Net(), [2, 8, 8]));
    seed(8);
    const c = weights(init(new Net(), [2, 8, 8]));
    seed(0);
    expect(a).toEqual(b);
    expect(a["stem.conv.weight"]).not.toEqual(c["stem.conv.weight"]);
    expect(a["stem.conv.weight"]).not.toEqual(a["stages.0.conv.weight"]);
  });

  test("do not change when another layer is added", () => {
    class Wider extends Net {
      extra = new Linear({ out: 9 });
      override forward(x: Tensor): Tensor {
        return this.extra.forward(super.forward(x));
      }
    }
    const a = weights(init(new Net(), [2, 8, 8]));
    const b = weights(init(new Wider(), [2, 8, 8]));
    expect(Object.keys(b)).toHaveLength(Object.keys(a).length + 2);
    for (const [path, value] of Object.entries(a)) expect(b[path], path).toEqual(value);
  });

  test("float32 weights are the float64 ones, rounded", () => {
    const a = weights(init(new Linear({ out: 5 }), [4]));
    const b = weights(init(new Linear({ out: 5 }), [4], { dtype: "float64" }));
    expect(a.weight).toEqual(Float32Array.from(b.weight as Float64Array));
  });
});
