// Memory is flat: over many steps of training, and over ever new shapes, whose plans and inputs are let go.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { wasmExecutor } from "@prewitt/wasm";
import { compile, crossEntropy, grad, nn, seed, type Tensor, tensor, useExecutor } from "prewitt";
import { describe, expect, test } from "vitest";

const MIB = 2 ** 20;
/** Elements of an input. */
const SIZE = 2 ** 19;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** MiB in use when garbage is collected: the whole process, and what JavaScript holds. */
function used(): { rss: number; script: number } {
  collect();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss: rss / MIB, script: (heapUsed + arrayBuffers) / MIB };
}

/** Ends the turn, so that collected memory is given back. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("memory is flat", () => {
  test("over 5,000 steps of a small CNN", { timeout: 240_000 }, async () => {
    const executor = wasmExecutor({ threads: 2 });
    using _ = useExecutor(executor);
    seed(1);
    const model = nn.init(
      new nn.Sequential(
        new nn.Conv2d({ out: 4, kernel: 3 }),
        new nn.BatchNorm2d(),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Dropout({ rate: 0.2 }),
        new nn.Linear({ out: 10 }),
      ),
      [1, 8, 8],
    );
    const optimizer = new nn.Adam(model.parameters(), { learningRate: 1e-3 });
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = crossEntropy(model.forward(x), y);
      optimizer.step(grad(loss, model.parameters()));
      return loss;
    });
    const labels = tensor(Int32Array.from([1, 2, 3, 4]), { shape: [4] });
    const run = async (steps: number): Promise<void> => {
      for (let i = 0; i < steps; i++) {
        const image = tensor(new Float32Array(256).fill(i % 7), { shape: [4, 1, 8, 8] });
        await step(image, labels).item();
        if (i % 100 === 0) await turn();
      }
    };
    await run(1000);
    const before = { heap: executor.heap.bytes, ...used() };
    await run(5000);
    expect(executor.heap.bytes).toBe(before.heap);
    expect(used().rss - before.rss).toBeLessThan(40);
  });

  test("over ever new shapes, evaluated", { timeout: 240_000 }, async () => {
    const executor = wasmExecutor({ threads: 1 });
    using _ = useExecutor(executor);
    const run = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) {
        // Two MiB of input each: more than what programs may hold, whatever the number of plans.
        tensor(new Float32Array(SIZE + n), { shape: [SIZE + n] })
          .add(1)
          .mean()
          .itemSync();
        if (n % 20 === 0) await turn();
      }
    };
    await run(0, 350);
    const before = { heap: executor.heap.bytes, ...used() };
    expect(before.heap).toBeLessThan(700 * MIB);
    await run(350, 700);
    expect(executor.heap.bytes - before.heap).toBeLessThan(32 * MIB);
    // The last arrays may live on as those that programs are bound to.
    expect(used().script - before.script).toBeLessThan(40);
  });

  test("over ever new shapes, compiled", { timeout: 240_000 }, async () => {
    const executor = wasmExecutor({ threads: 1 });
    using _ = useExecutor(executor);
    const f = compile((x: Tensor) => x.add(1).mean());
    for (let n = 0; n < 500; n++) {
      f(tensor(new Float32Array(SIZE + n), { shape: [SIZE + n] })).itemSync();
      if (n % 20 === 0) await turn();
    }
    expect(executor.heap.bytes).toBeLessThan(700 * MIB);
  });
});
