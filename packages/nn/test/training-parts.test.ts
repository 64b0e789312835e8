// Parameter groups, clipping, accumulation and averaging of weights: outside and inside compile.

import { addTrees, compile, grad, scaleTree, type Tensor, tensor, Variable } from "@prewitt/core";
import {
  Adam,
  BatchNorm2d,
  Conv2d,
  clipByGlobalNorm,
  clipByValue,
  Ema,
  Flatten,
  GradientAccumulator,
  globalNorm,
  init,
  Linear,
  ReLU,
  Sequential,
  SGD,
} from "@prewitt/nn";
import { crossEntropy } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

const model = () =>
  init(
    new Sequential(
      new Conv2d({ out: 2, kernel: 3 }),
      new BatchNorm2d(),
      new ReLU(),
      new Flatten(),
      new Linear({ out: 3 }),
    ),
    [1, 4, 4],
  );

const images = tensor(
  Float32Array.from({ length: 96 }, (_, i) => Math.sin(i * i)),
  { shape: [6, 1, 4, 4] },
);
const labels = tensor(Int32Array.of(0, 1, 2, 0, 1, 2));

const numbers = (t: Tensor): number[] => [...t.dataSync()];

describe("parameter groups", () => {
  const variables = (): Record<string, Variable> =>
    Object.fromEntries(
      ["stem.weight", "stem.bias", "head.weight", "head.bias"].map((path) => [path, new Variable(tensor([1]))]),
    );
  const ones = (parameters: Record<string, Variable>): Record<string, Tensor> =>
    Object.fromEntries(Object.keys(parameters).map((path) => [path, tensor([1])]));

  test("each has its own values and shares the rest", () => {
    const parameters = variables();
    const optimizer = new SGD(parameters, {
      learningRate: 0.5,
      weightDecay: 1,
      groups: [
        { params: "**.bias", weightDecay: 0 },
        { params: ["head"], learningRate: 0.25 },
      ],
    });
    expect(optimizer.groups.map((g) => g.paths)).toEqual([
      ["stem.bias", "head.bias"],
      ["head.weight"],
      ["stem.weight"],
    ]);
    const step = compile(() => optimizer.step(ones(parameters)));
    step();
    const values = Object.fromEntries(Object.entries(parameters).map(([k, v]) => [k, v.read().itemSync()]));
    expect(values).toEqual({ "stem.weight": 0, "stem.bias": 0.5, "head.weight": 0.5, "head.bias": 0.5 });
    optimizer.learningRate.assign(tensor(0, { dtype: "float64" }));
    step();
    expect(step.traces).toBe(1);
    expect(parameters["stem.bias"]?.read().itemSync()).toBe(0.5);
    expect(parameters["head.weight"]?.read().itemSync()).toBe(0.125);
    expect(Object.keys(optimizer.hyperParameters)).toEqual(["learningRate", "weightDecay", "groups.1.learningRate"]);
    expect(Object.keys(optimizer.stateDict())).toContain("groups.1.learningRate");
  });

  test("betas and schedules of a group", () => {
    const parameters = variables();
    const optimizer = new Adam(parameters, {
      groups: [{ params: "head.*", betas: [0, 0], eps: 0, learningRate: (step) => 0.5 / (step + 1) }],
    });
    optimizer.step(ones(parameters));
    optimizer.step(ones(parameters));
    // Without memory a step is the rate.
    expect(parameters["head.bias"]?.read().itemSync()).toBeCloseTo(1 - 0.5 - 0.25, 6);
    expect(parameters["stem.bias"]?.read().itemSync()).toBeCloseTo(1 - 2e-3, 6);
  });

  test("patterns that take nothing, unknown options", () => {
    const make = (groups: object[]) => () => new SGD(variables(), { learningRate: 1, groups: groups as never });
    expect(make([{ params: "haed.*" }])).toThrow(/no parameter matches "haed\.\*" of group 0/);
    expect(make([{ params: "**.bias" }, { params: "head.bias" }])).toThrow(/an earlier group has all parameters/);
    expect(make([{ params: "head", lr: 1 }])).toThrow(/unknown option "lr"[\s\S]*write "learningRate"/);
    expect(make([{ learningRate: 1 }])).toThrow(/params of group 0 must be a pattern/);
    expect(make([{ params: "head", momentum: 2 }])).toThrow(/groups\.0\.momentum must be a number from 0 to below 1/);
  });
});

describe("clipping", () => {
  const gradients = () => ({ a: tensor([3, 0]), b: tensor([[4]]) });

  test("by the norm of all together", () => {
    const { gradients: clipped, norm } = clipByGlobalNorm(gradients(), 1);
    expect(norm.itemSync()).toBe(5);
    expect(numbers(clipped.a as Tensor)[0]).toBeCloseTo(0.6, 6);
    expect(numbers(clipped.b as Tensor)[0]).toBeCloseTo(0.8, 6);
    expect(globalNorm(clipped).itemSync()).toBeCloseTo(1, 6);
    expect(numbers(clipByGlobalNorm(gradients(), 5.1).gradients.a as Tensor)).toEqual([3, 0]);
    expect(clipByGlobalNorm(gradients(), tensor(2.5)).norm.itemSync()).toBe(5);
  });

  test("by value; limits that are none", () => {
    expect(numbers(clipByValue({ a: tensor([-3, 0.5]) }, 1).a as Tensor)).toEqual([-1, 0.5]);
    expect(() => clipByGlobalNorm(gradients(), 0)).toThrow(/maxNorm must be above 0, got 0/);
    expect(() => clipByValue(gradients(), -1)).toThrow(/limit must be above 0/);
    expect(() => globalNorm({})).toThrow(/there are no gradients/);
  });
});

describe("accumulation", () => {
  test("two halves are the whole, compiled or not", () => {
    const net = init(new Sequential(new Flatten(), new Linear({ out: 3 })), [1, 4, 4]);
    const gradient = (x: Tensor, y: Tensor) => grad(crossEntropy(net.forward(x), y), net.parameters());
    const whole = gradient(images, labels);
    const sum = new GradientAccumulator(net.parameters());
    const add = compile((x: Tensor, y: Tensor) => sum.add(gradient(x, y), x.shape[0] as number));
    const take = compile(() => sum.take());
    for (let round = 0; round < 2; round++) {
      add(images.slice([0, 2]), labels.slice([0, 2]));
      sum.add(gradient(images.slice([2, 6]), labels.slice([2, 6])), 4);
      const mean = take();
      for (const [path, g] of Object.entries(whole)) {
        numbers(mean[path] as Tensor).forEach((v, i) => {
          expect(v, `${path} ${i}`).toBeCloseTo(numbers(g)[i] as number, 6);
        });
      }
    }
    expect(sum.weight.read().itemSync()).toBe(0);
    expect(() => sum.add({})).toThrow(/no gradient for 1\.weight/);
  });

  test("within one step, by trees", () => {
    const half = { w: tensor([1, 2]) };
    expect(numbers(scaleTree(addTrees(half, { w: tensor([3, 4]) }), 0.5).w as Tensor)).toEqual([2, 3]);
  });
});

describe("moving average", () => {
  test("follows the formula, buffers too; applied and given back", async () => {
    const net = model();
    const ema = new Ema(net, { decay: 0.75 });
    const optimizer = new SGD(net.parameters(), { learningRate: 0.1 });
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = crossEntropy(net.forward(x), y);
      optimizer.step(grad(loss, net.parameters()));
      ema.update();
      return loss;
    });
    const tracked = ["4.weight", "1.running_mean", "1.num_batches_tracked"];
    const now = () => tracked.map((path) => numbers(net.stateDict()[path] as Tensor));
    let wanted = now();
    for (let i = 0; i < 3; i++) {
      step(images, labels);
      wanted = wanted.map((old, k) =>
        tracked[k] === "1.num_batches_tracked"
          ? (now()[k] as number[])
          : old.map((s, j) => s + 0.25 * (((now()[k] as number[])[j] as number) - s)),
      );
    }
    expect(step.traces).toBe(1);
    const own = now();
    const [inside, output] = await ema.apply(async () => [now(), numbers(net.forward(images))]);
    inside.forEach((values, k) => {
      values.forEach((v, j) => {
        expect(v, `${tracked[k]} ${j}`).toBeCloseTo((wanted[k] as number[])[j] as number, 6);
      });
    });
    expect(now()).toEqual(own);
    expect(numbers(net.eval().forward(images))).not.toEqual(output);
    await expect(
      ema.apply(() => {
        throw new Error("stop");
      }),
    ).rejects.toThrow("stop");
    expect(now()).toEqual(own);
    expect(ema.updates.read().itemSync()).toBe(3);
    const saved = ema.stateDict();
    const other = new Ema(model(), { decay: 0.5 });
    other.loadStateDict(saved);
    expect(numbers((other.averages["4.weight"] as Variable).read())).toEqual(
      numbers((ema.averages["4.weight"] as Variable).read()),
    );
  });

  test("warm-up", () => {
    const net = init(new Sequential(new Linear({ out: 1, bias: false })), [1]);
    const ema = new Ema(net, { decay: 0.9, warmup: true });
    const weight = net.parameters()["0.weight"] as Variable;
    weight.assign(tensor([[10]]));
    const start = (ema.averages["0.weight"] as Variable).read().itemSync();
    ema.update();
    expect((ema.averages["0.weight"] as Variable).read().itemSync()).toBeCloseTo(0.1 * start + 9, 5);
    expect(() => new Ema(net, { decay: 1 })).toThrow(/decay must be a number from 0 to below 1/);
  });
});
