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

  test("over ever new inner shapes, each with code of its own", { timeout: 240_000 }, async () => {
    const executor = wasmExecutor({ threads: 2, parallelWork: 0, tuning: "off" });
    using _ = useExecutor(executor);
    const numbers = (rows: number, columns: number): Tensor =>
      tensor(
        Float32Array.from({ length: rows * columns }, (_, i) => ((i * 7) % 11) - 5),
        { shape: [rows, columns] },
      );
    const product = (n: number) =>
      numbers(9, (n % 32) + 2)
        .matmul(numbers((n % 32) + 2, Math.floor(n / 32) + 2))
        .dataSync();
    // Its code is in use all along; it runs before and after all others.
    const kept = compile((x: Tensor) => x.matmul(x));
    const run = async (from: number, to: number) => {
      const results = [];
      for (let n = from; n < to; n++) {
        results.push(product(n));
        if (n % 20 === 0) await turn();
      }
      return results;
    };
    const square = kept(numbers(9, 9)).dataSync();
    const first = await run(0, 40);
    await run(40, 500);
    const before = { heap: executor.heap.bytes, ...used() };
    await run(500, 1000);
    expect(executor.functions.modules).toBeGreaterThanOrEqual(1000);
    // One function a product: those of the plans that are kept, and of modules that nobody holds.
    expect(executor.functions.keys.length).toBeLessThan(450);
    expect(executor.heap.bytes).toBe(before.heap);
    expect(used().script - before.script).toBeLessThan(4);
    // Code that was dropped is made again, in the workers too.
    expect(await run(0, 40)).toEqual(first);
    expect(kept(numbers(9, 9)).dataSync()).toEqual(square);
  });
});
