import {
  addTrees,
  compile,
  grad,
  NonFiniteError,
  scaleTree,
  seed,
  type Tensor,
  tensor,
  type Variable,
} from "@prewitt/core";
import {
  Adam,
  BatchNorm2d,
  Conv2d,
  cosineSchedule,
  Dropout,
  Flatten,
  init,
  type Layer,
  Linear,
  MaxPool2d,
  type Optimizer,
  ReLU,
  Sequential,
  SGD,
  warmup,
} from "@prewitt/nn";
import { crossEntropy } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

type FloatDType = "float32" | "float64";

/** Images of noise with a class that depends on them, the same for the same number. */
function batch(number: number, size: number, dtype: FloatDType = "float32"): { image: Tensor; label: Tensor } {
  const data = Float64Array.from({ length: size * 64 }, (_, i) =>
    Math.fround(Math.sin(12.9898 * (i + 1) + 78.233 * number)),
  );
  const label = Int32Array.from(
    { length: size },
    (_, i) => ((data[i * 64] as number) > 0 ? 1 : 0) + ((data[i * 64 + 9] as number) > 0.5 ? 1 : 0),
  );
  const array = dtype === "float64" ? data : Float32Array.from(data);
  return { image: tensor(array, { shape: [size, 1, 8, 8] }), label: tensor(label) };
}

function network(dtype: FloatDType = "float32", extra: Layer[] = [new BatchNorm2d(), new Dropout(0.25)]): Layer {
  const model = new Sequential(
    new Conv2d({ out: 4, kernel: 3, padding: "same" }),
    new ReLU(),
    ...extra,
    new MaxPool2d(2),
    new Flatten(),
    new Linear({ out: 3 }),
  );
  return init(model, [1, 8, 8], { dtype });
}

function values(variables: Record<string, Tensor>): Record<string, ArrayLike<number>> {
  return Object.fromEntries(Object.entries(variables).map(([path, t]) => [path, t.dataSync()]));
}

function trainer(model: Layer, optimizer: Optimizer) {
  return (image: Tensor, label: Tensor): Tensor => {
    const loss = crossEntropy(model.forward(image), label);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  };
}

describe("a schedule", () => {
  const schedule = warmup(cosineSchedule({ start: 0.05, steps: 8 }), { steps: 3 });
  const run = (compiled: boolean) => {
    seed(3);
    const model = network();
    const optimizer = new SGD(model.parameters(), { learningRate: 1, momentum: 0.9, weightDecay: 1e-3 });
    const plain = trainer(model, optimizer);
    const program = compile(plain);
    const losses = [];
    for (let i = 0; i < 12; i++) {
      optimizer.learningRate.assign(schedule(i));
      const { image, label } = batch(i, i === 11 ? 3 : 6);
      losses.push((compiled ? program : plain)(image, label).itemSync());
    }
    seed(0);
    return {
      losses,
      traces: program.traces,
      state: values({ ...model.stateDict({ counters: true }), ...optimizer.stateDict() }),
    };
  };

  test("under compile is traced once a batch size, and gives the same bits as without", () => {
    const [compiled, plain] = [run(true), run(false)];
    expect(compiled.traces).toBe(2);
    expect(compiled.losses).toEqual(plain.losses);
    expect(compiled.state).toEqual(plain.state);
    expect(new Set(compiled.losses).size).toBe(12);
  });

  test("two runs with the same seed agree to the last bit", () => {
    expect(run(true)).toEqual(run(true));
  });
});

test("training lowers the loss", () => {
  const model = network();
  const step = compile(trainer(model, new Adam(model.parameters(), { learningRate: 0.01 })));
  const { image, label } = batch(0, 16);
  const first = step(image, label).itemSync();
  for (let i = 0; i < 60; i++) step(image, label);
  expect(step(image, label).itemSync()).toBeLessThan(0.3 * first);
});

describe("gradient accumulation over four micro-batches", () => {
  const whole = batch(1, 8, "float64");
  const parts = [0, 1, 2, 3].map((i) => ({
    image: whole.image.slice([2 * i, 2 * i + 2]),
    label: whole.label.slice([2 * i, 2 * i + 2]),
  }));
  const model = network("float64", []);
  const gradients = ({ image, label }: { image: Tensor; label: Tensor }) =>
    grad(crossEntropy(model.forward(image), label), model.parameters());
  const accumulated = () =>
    scaleTree(
      parts.map(gradients).reduce((a, b) => addTrees(a, b)),
      1 / 4,
    );

  test("gives the gradient of the whole batch", () => {
    const expected = gradients(whole);
    for (const [path, g] of Object.entries(accumulated())) {
      const [a, b] = [g.dataSync(), (expected[path] as Tensor).dataSync()];
      a.forEach((v, i) => {
        expect(Math.abs(v - (b[i] as number))).toBeLessThanOrEqual(1e-14);
      });
    }
  });

  test("is plain code inside a compiled step too", () => {
    const optimizer = new SGD(model.parameters(), { learningRate: 0.1 });
    const expected = accumulated();
    const before = model.stateDict();
    compile(() => optimizer.step(accumulated()))();
    for (const [path, after] of Object.entries(model.stateDict())) {
      const moved = (before[path] as Tensor)
        .sub((expected[path] as Tensor).mul(0.1))
        .sub(after)
        .abs()
        .max();
      expect(moved.itemSync()).toBeLessThanOrEqual(1e-15);
    }
  });

  test("trees with other keys are refused", () => {
    const { "0.bias": _, ...rest } = gradients(whole);
    expect(() => addTrees<Record<string, Tensor>>(gradients(whole), rest)).toThrow('tree 1 has no "0.bias"');
  });
});

describe.each(["compiled", "plain"])("a handle, %s", (mode) => {
  test("keeps the value it had when its variable moves on", () => {
    const model = network();
    const optimizer = new SGD(model.parameters(), { learningRate: 0.1 });
    const step = mode === "compiled" ? compile(trainer(model, optimizer)) : trainer(model, optimizer);
    const weight = model.parameters()["0.weight"] as Variable;
    const losses: Tensor[] = [];
    const handles: Tensor[] = [];
    const copies: ArrayLike<number>[] = [];
    for (let i = 0; i < 4; i++) {
      handles.push(weight.read());
      copies.push(weight.read().dataSync());
      const { image, label } = batch(i, 4);
      losses.push(step(image, label));
    }
    expect(handles.map((h) => h.dataSync())).toEqual(copies);
    expect(copies[0]).not.toEqual(copies[3]);
    expect(new Set(losses.map((l) => l.itemSync())).size).toBe(4);
  });
});

test("NaN at step 7 leaves every variable as after step 6 and names the first bad node", () => {
  const model = network();
  const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
  const step = compile(trainer(model, optimizer));
  const all = () => ({ ...model.stateDict({ counters: true }), ...optimizer.stateDict() });
  for (let i = 0; i < 6; i++) {
    const { image, label } = batch(i, 4);
    step(image, label);
  }
  const before = values(all());
  expect(before.steps).toEqual(Int32Array.of(6));
  expect(before["3.counter"]).toEqual(Int32Array.of(6));
  expect(before["2.num_batches_tracked"]).toEqual(Int32Array.of(6));
  const { image, label } = batch(6, 4);
  const poisoned = compile((x: Tensor, y: Tensor, zero: Tensor) => {
    const loss = crossEntropy(model.forward(x.div(zero).sub(x.div(zero))), y);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  let error: unknown;
  try {
    poisoned(image, label, tensor([[[[0]]]]));
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(NonFiniteError);
  expect((error as NonFiniteError).op).toBe("div");
  expect((error as NonFiniteError).at).toMatch(/training\.test\.ts/);
  expect(values(all())).toEqual(before);
  // And the run goes on.
  step(image, label);
  expect(values(all()).steps).toEqual(Int32Array.of(7));
});

test("overflow inside a layer is reported with the layer's path", () => {
  const model = network();
  const optimizer = new Adam(model.parameters());
  const step = compile(trainer(model, optimizer));
  const weight = model.parameters()["6.weight"] as Variable;
  weight.assign(weight.read().mul(1e38).mul(10));
  const { image, label } = batch(0, 4);
  expect(() => step(image, label)).toThrow(/^\[matmul\] is the first node .*infinite of 12 elements[\s\S]*module: 6\n/);
});
