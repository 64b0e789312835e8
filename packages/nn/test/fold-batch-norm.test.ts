/** Batch-norm folding: the same values to rounding, in every arrangement; what must not be folded stays. */

import { compile, type Tensor, tensor, type Variable } from "@prewitt/core";
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Flatten,
  foldBatchNorm,
  Identity,
  init,
  type Layer,
  Linear,
  Module,
  ReLU,
  Sequential,
} from "@prewitt/nn";
import { describe, expect, test } from "vitest";

const wave = (shape: readonly number[], rate = 1.3): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(rate * i + 1)),
    { shape: [...shape] },
  );
};

/** Statistics, scales and shifts as after some training. */
function shakeUp(model: Module): void {
  const all: [string, Variable][] = [...model.namedParameters(), ...Object.entries(model.buffers())];
  for (const [path, variable] of all) {
    if (variable.dtype !== "float32") continue;
    const values = wave(variable.shape, path.length);
    variable.assign(path.endsWith("running_var") ? values.square().add(0.3) : values.mul(0.7));
  }
}

function worst(a: Tensor, b: Tensor): number {
  const [x, y] = [a.dataSync(), b.dataSync()];
  let [difference, largest] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    difference = Math.max(difference, Math.abs((x[i] as number) - (y[i] as number)));
    largest = Math.max(largest, Math.abs(x[i] as number));
  }
  expect(largest).toBeGreaterThan(0);
  return difference / largest;
}

class Residual extends Module {
  conv1 = new Conv2d({ out: 4, kernel: 3, padding: 1, bias: false });
  bn1 = new BatchNorm2d();
  conv2 = new Conv2d({ out: 4, kernel: 3, padding: 1, groups: 2 });
  bn2 = new BatchNorm2d({ affine: false, eps: 0.01 });
  shortcut: { norm?: Layer; conv: Layer } = {
    conv: new Conv2d({ out: 4, kernel: 1 }),
    norm: new BatchNorm2d(),
  };
  after = [new BatchNorm2d()];
  relu = new ReLU();
  forward(x: Tensor): Tensor {
    const y = this.bn2.forward(this.conv2.forward(this.relu.forward(this.bn1.forward(this.conv1.forward(x)))));
    const short = (this.shortcut.norm as Layer).forward(this.shortcut.conv.forward(x));
    return (this.after[0] as Layer).forward(y.add(short));
  }
}

/** The norm's input is read a second time. */
class Shared extends Module {
  conv = new Conv2d({ out: 2, kernel: 1 });
  norm = new BatchNorm2d();
  forward(x: Tensor): Tensor {
    const y = this.conv.forward(x);
    return this.norm.forward(y).add(y);
  }
}

/** One convolution in front of two norms. */
class Twice extends Module {
  conv = new Conv2d({ out: 3, kernel: 1 });
  first = new BatchNorm2d();
  second = new BatchNorm2d();
  forward(x: Tensor): Tensor {
    return this.second.forward(this.conv.forward(this.first.forward(this.conv.forward(x))));
  }
}

const all = [
  [
    "a residual block",
    () => new Residual(),
    [3, 5, 6],
    ["conv1 ← bn1", "conv2 ← bn2", "shortcut.conv ← shortcut.norm"],
  ],
  [
    "a stack with a transposed convolution",
    () =>
      new Sequential(
        new Conv2d({ out: 4, kernel: 3 }),
        new BatchNorm2d(),
        new ReLU(),
        new ConvTranspose2d({ out: 3, kernel: 2, stride: 2, bias: false }),
        new BatchNorm2d(),
      ),
    [3, 5, 6],
    ["0 ← 1", "3 ← 4"],
  ],
  [
    "features and signals",
    () =>
      new Sequential(
        new Conv1d({ out: 4, kernel: 3 }),
        new BatchNorm1d(),
        new Flatten(),
        new Linear({ out: 5, bias: false }),
        new BatchNorm1d({ eps: 1e-3 }),
      ),
    [2, 7],
    ["0 ← 1", "3 ← 4"],
  ],
  ["an input that is read twice", () => new Shared(), [3, 5, 6], []],
  ["a layer that runs twice", () => new Twice(), [3, 5, 6], []],
  [
    "no running statistics",
    () => new Sequential(new Conv2d({ out: 4, kernel: 3 }), new BatchNorm2d({ trackRunningStats: false })),
    [3, 5, 6],
    [],
  ],
  [
    "groups of a transposed convolution",
    () => new Sequential(new ConvTranspose2d({ out: 6, kernel: 2, groups: 3 }), new BatchNorm2d()),
    [3, 5, 6],
    [],
  ],
] as const;

describe("folding", () => {
  test.each(all)("%s", (_, make, shape, expected) => {
    const model = init(make() as Layer, shape).eval();
    shakeUp(model);
    const x = wave([2, ...shape], 0.37);
    const before = model.forward(x);
    before.dataSync();
    const folded = foldBatchNorm(model, shape);
    expect(folded.map(({ layer, norm }) => `${layer} ← ${norm}`)).toEqual(expected);
    expect(worst(before, model.forward(x))).toBeLessThan(2e-6);
    for (const { norm } of folded) expect(model.modules()[norm]).toBeInstanceOf(Identity);
    expect(Object.keys(model.stateDict()).filter((k) => folded.some(({ norm }) => k.startsWith(`${norm}.`)))).toEqual(
      [],
    );
    expect(foldBatchNorm(model, shape)).toEqual([]);
  });

  test("layers without a bias get one, that the state dict has and a saved one fills", () => {
    const model = init(new Residual(), [3, 5, 6]).eval();
    shakeUp(model);
    foldBatchNorm(model, [3, 5, 6]);
    expect(Object.keys(model.stateDict())).toContain("conv1.bias");
    const copy = init(new Residual(), [3, 5, 6]).eval();
    foldBatchNorm(copy, [3, 5, 6]);
    copy.loadStateDict(model.stateDict());
    const x = wave([2, 3, 5, 6]);
    expect(worst(model.forward(x), copy.forward(x))).toBe(0);
  });

  test("compiled functions see the folded model", () => {
    const model = init(new Sequential(new Conv2d({ out: 4, kernel: 3 }), new BatchNorm2d()), [3, 5, 6]).eval();
    shakeUp(model);
    const run = compile((t: Tensor) => model.forward(t));
    const x = wave([2, 3, 5, 6]);
    const before = run(x) as Tensor;
    before.dataSync();
    foldBatchNorm(model, [3, 5, 6]);
    expect(worst(before, run(x) as Tensor)).toBeLessThan(2e-6);
    expect(run.traces).toBe(2);
  });

  test("a model in training mode is refused", () => {
    const model = init(new Sequential(new Conv2d({ out: 4, kernel: 3 }), new BatchNorm2d()), [3, 5, 6]);
    expect(() => foldBatchNorm(model, [3, 5, 6])).toThrow(
      /\[foldBatchNorm\] the model is in training mode, in which batch norms use the statistics of each batch\n {2}fix: call model\.eval\(\) first/,
    );
  });
});
