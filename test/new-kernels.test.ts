// Code is generated for inner shapes alone: whole batches, a partial last one and another batch for evaluation run the
// same kernels.

import { wasmExecutor } from "@prewitt/wasm";
import { compile, crossEntropy, grad, nn, seed, type Tensor, tensor, useExecutor, zeros } from "prewitt";
import { describe, expect, test } from "vitest";

const labels = (batch: number): Tensor => zeros([batch], { dtype: "int32" });

function mnistNet(): nn.Module & { forward(x: Tensor): Tensor } {
  return nn.init(
    new nn.Sequential(
      new nn.Conv2d({ out: 32, kernel: 3, padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d({ out: 64, kernel: 3, padding: 1 }),
      new nn.BatchNorm2d(),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear({ out: 128 }),
      new nn.ReLU(),
      new nn.Dropout({ rate: 0.5 }),
      new nn.Linear({ out: 10 }),
    ),
    [1, 28, 28],
  );
}

describe("code that is generated", () => {
  test("training on 937 batches of 64 and one of 32, then evaluating at 500", { timeout: 240_000 }, () => {
    const executor = wasmExecutor({ threads: 2, tuning: "off" });
    using _ = useExecutor(executor);
    seed(1);
    const model = mnistNet();
    const optimizer = new nn.Adam(model.parameters(), { learningRate: 1e-3 });
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = crossEntropy(model.forward(x), y);
      optimizer.step(grad(loss, model.parameters()));
      return loss;
    });
    const evaluate = compile((x: Tensor) => model.forward(x).argmax({ axis: 1 }));
    const predict = (batch: number): void => {
      model.eval();
      evaluate(zeros([batch, 1, 28, 28])).dataSync();
      model.train();
    };
    const train = (batch: number): void => void step(zeros([batch, 1, 28, 28]), labels(batch)).itemSync();
    /** As often as makes a program hot, and once more. */
    const often = (run: (batch: number) => void, batch: number): void => {
      for (let i = 0; i <= executor.hotRuns; i++) run(batch);
    };

    const fresh = (since: readonly string[]): string[] => executor.functions.keys.filter((key) => !since.includes(key));
    // Every batch replays the plan: a few stand for the 937.
    often(train, 64);
    const trained = executor.functions.keys;
    expect(trained.length).toBeGreaterThan(10);
    train(64);
    train(32);
    expect(fresh(trained)).toEqual([]);
    for (const batch of [32, 33, 48, 128, 500]) often(train, batch);
    expect(fresh(trained)).toEqual([]);
    often(predict, 64);
    const planned = executor.functions.keys;
    often(predict, 500);
    often(predict, 40);
    expect(fresh(planned)).toEqual([]);
  });

  test("an image's result does not depend on how many come with it", () => {
    using _ = useExecutor(wasmExecutor({ threads: 2, tuning: "off" }));
    seed(2);
    const model = mnistNet().eval();
    const images = Float32Array.from({ length: 40 * 784 }, (_, i) => Math.sin(i * 0.37));
    const forward = compile((x: Tensor) => model.forward(x));
    const all = forward(tensor(images, { shape: [40, 1, 28, 28] })).dataSync();
    for (const batch of [1, 3, 17]) {
      const some = forward(tensor(images.slice(0, batch * 784), { shape: [batch, 1, 28, 28] })).dataSync();
      expect(some).toEqual(all.slice(0, batch * 10));
    }
  });
});
