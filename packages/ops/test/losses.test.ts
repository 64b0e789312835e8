// Losses and softmax at the hard points that samples and goldens leave: labels outside the classes, nothing that counts,
// constants without a gradient, probabilities that sum to 1.

import { grad, IndexError, type Tensor, tensor } from "@prewitt/core";
import { bceWithLogits, crossEntropy, logSoftmax, logSumExp, mse, relu, softmax } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

const ints = (...values: number[]): Tensor => tensor(Int32Array.from(values));
const logits = (): Tensor =>
  tensor([
    [1, 2, 3],
    [3, 1, 0],
  ]); // prettier-ignore

describe("labels outside 0 … C − 1", () => {
  const message = (fn: () => unknown): string => {
    try {
      fn();
    } catch (e) {
      expect(e).toBeInstanceOf(IndexError);
      return (e as Error).message;
    }
    throw new Error("nothing was thrown");
  };

  test("are found when the loss is evaluated, with value and position", () => {
    const text = message(() => crossEntropy(logits(), ints(0, 3)).itemSync());
    expect(text).toMatch(/index 3 at position \[1(, 0)?\] is outside axis \d of extent 3/);
    expect(text).toMatch(/losses\.test\.ts:\d+:\d+/);
    expect(message(() => crossEntropy(logits(), ints(-1, 0)).itemSync())).toMatch(/index -1 at position \[0/);
  });

  test("are found when only the gradient is evaluated", () => {
    for (const options of [
      {},
      { labelSmoothing: 0.1 },
      { reduction: "none" },
      { classWeights: tensor([1, 2, 3]) },
    ] as const) {
      const x = logits();
      const loss = crossEntropy(x, ints(0, 3), options);
      const text = message(() => grad(loss.sum(), x).dataSync());
      expect(text).toMatch(/index 3 at position \[1\] is outside axis 0 of extent 3/);
    }
  });

  test("are let through where they are ignored", () => {
    for (const ignoreIndex of [-100, 255, -1, 7]) {
      const x = logits();
      const loss = crossEntropy(x, ints(ignoreIndex, 0), { ignoreIndex });
      const alone = crossEntropy(x.slice([1, 2]), ints(0));
      expect(loss.itemSync()).toBe(alone.itemSync());
      expect([...grad(loss, x).dataSync().slice(0, 3)]).toEqual([0, 0, 0]);
    }
    const bytes = tensor(Uint8Array.of(255, 1));
    expect(crossEntropy(logits(), bytes, { ignoreIndex: 255 }).itemSync()).toBeCloseTo(
      Math.log(1 + Math.E ** 2 + Math.E ** -1),
      5,
    );
  });
});

describe("crossEntropy", () => {
  test("a mean over nothing is NaN, a sum is 0", () => {
    const ignored = ints(-100, -100);
    expect(crossEntropy(logits(), ignored).itemSync()).toBeNaN();
    expect(crossEntropy(logits(), ignored, { reduction: "sum" }).itemSync()).toBe(0);
  });

  test("one-hot probabilities are class indices", () => {
    const x = logits();
    const hot = tensor([
      [0, 0, 1],
      [1, 0, 0],
    ]); // prettier-ignore
    const options = { labelSmoothing: 0.25, classWeights: tensor([0.5, 1, 2]), reduction: "none" } as const;
    const [a, b] = [crossEntropy(x, ints(2, 0), options), crossEntropy(x, hot, options)];
    const [ga, gb] = [grad(a.sum(), x), grad(b.sum(), x)];
    a.dataSync().forEach((v, i) => {
      expect(v).toBeCloseTo(b.dataSync()[i] as number, 6);
    });
    ga.dataSync().forEach((v, i) => {
      expect(v).toBeCloseTo(gb.dataSync()[i] as number, 6);
    });
  });

  test("class weights say that they have no gradient", () => {
    const classWeights = tensor([1, 2, 3]);
    const loss = crossEntropy(logits(), ints(0, 1), { classWeights });
    expect(() => grad(loss, classWeights)).toThrow(/\[stopGradient\].* stops the gradient/);
  });

  test("float32 logits as large as floats go give finite gradients", () => {
    const x = tensor([[3e38, -3e38]]);
    expect([...grad(crossEntropy(x, ints(1)), x).dataSync()]).toEqual([1, -1]);
  });
});

test("softmax sums to 1, and does not change with a constant added", () => {
  const x = tensor(
    Float64Array.from({ length: 24 }, (_, i) => Math.sin(i) * 50),
    { shape: [2, 3, 4] },
  );
  for (const axis of [0, 1, 2]) {
    for (const sum of softmax(x, axis).sum(axis).dataSync()) expect(sum).toBeCloseTo(1, 14);
    const moved = softmax(x.add(1000), axis).dataSync();
    softmax(x, axis)
      .dataSync()
      .forEach((v, i) => {
        expect(moved[i]).toBeCloseTo(v, 12);
      });
    const log = logSoftmax(x, axis).dataSync();
    x.sub(logSumExp(x, { axis, keepDims: true }))
      .dataSync()
      .forEach((v, i) => {
        expect(log[i]).toBeCloseTo(v, 12);
      });
  }
});

test("bceWithLogits at logit 0 has the gradient ½ − t, mse 2 (p − t)", () => {
  const [zero, targets] = [tensor([0, 0, 0]), tensor([0, 1, 0.25])];
  expect([...grad(bceWithLogits(zero, targets, { reduction: "sum" }), zero).dataSync()]).toEqual([0.5, -0.5, 0.25]);
  const p = tensor([3, 1, 1]);
  expect([...grad(mse(p, targets, { reduction: "sum" }), p).dataSync()]).toEqual([6, 0, 1.5]);
});

test("the gradient of relu reads the output, not the input", () => {
  const x = tensor([-1, 2]);
  const y = relu(x);
  const dx = grad(y.sum(), x);
  const inputs = new Set<unknown>();
  const visit = (t: Tensor): void => {
    inputs.add(t);
    if (t !== y) t.node.inputs.forEach(visit);
  };
  visit(dx);
  expect(inputs.has(y)).toBe(true);
  expect(inputs.has(x)).toBe(false);
});
