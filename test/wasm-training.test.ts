// Training on the wasm executor: near the reference, the same bits at any number of threads, and the contracts of state.

import { wasmExecutor } from "@prewitt/wasm";
import {
  compile,
  crossEntropy,
  type Executor,
  grad,
  NonFiniteError,
  nn,
  seed,
  type Tensor,
  tensor,
  useExecutor,
  Variable,
} from "prewitt";
import { afterEach, describe, expect, test } from "vitest";

const open: Disposable[] = [];
afterEach(() => {
  for (const d of open.splice(0)) d[Symbol.dispose]();
});
function use(executor: Executor | "reference"): void {
  open.push(useExecutor(executor));
}

function images(count: number, channels: number, size: number): Tensor {
  return tensor(
    Float32Array.from({ length: count * channels * size * size }, (_, i) => Math.sin(i * 12.9898) * 0.8),
    { shape: [count, channels, size, size] },
  );
}
const labels = (count: number): Tensor =>
  tensor(
    Int32Array.from({ length: count }, (_, i) => (i * 7) % 10),
    { shape: [count] },
  );

/** Losses and final parameters of a few steps of a network with every common layer, the last batch smaller. */
function train(batches: readonly number[]): { losses: number[]; parameters: Float32Array[] } {
  seed(3);
  const model = nn.init(
    new nn.Sequential(
      new nn.Conv2d({ out: 32, kernel: 3, padding: 1 }),
      new nn.BatchNorm2d(),
      new nn.ReLU(),
      new nn.Conv2d({ out: 32, kernel: 3, padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d({ out: 20, kernel: 3, stride: 2, padding: 1 }),
      new nn.Dropout({ rate: 0.2 }),
      new nn.Flatten(),
      new nn.Linear({ out: 10 }),
    ),
    [3, 13, 13],
  );
  const optimizer = new nn.Adam(model.parameters(), { learningRate: 1e-3 });
  const step = compile((x: Tensor, y: Tensor) => {
    const loss = crossEntropy(model.forward(x), y);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const losses = batches.map((n) => step(images(n, 3, 13), labels(n)).itemSync());
  return { losses, parameters: Object.values(model.parameters()).map((p) => p.read().dataSync() as Float32Array) };
}

describe("training", () => {
  test("losses are the reference's to single precision", () => {
    use("reference");
    const expected = train([6, 6, 5]).losses;
    use(wasmExecutor({ threads: 2 }));
    const actual = train([6, 6, 5]).losses;
    actual.forEach((loss, i) => {
      expect(Math.abs(loss - (expected[i] as number))).toBeLessThan(1e-4);
    });
  });

  test("the bits do not depend on the number of threads", () => {
    const runs = [1, 2, 3].map((threads) => {
      use(wasmExecutor({ threads }));
      return train([16, 16, 5]);
    });
    for (const run of runs) {
      expect(run.losses).toEqual(runs[0]?.losses);
      expect(run.parameters).toEqual(runs[0]?.parameters);
    }
  });

  test("without relaxed SIMD it trains too", () => {
    use(wasmExecutor({ threads: 1, relaxedSimd: false }));
    const { losses } = train([6, 6, 6]);
    expect(losses.every(Number.isFinite)).toBe(true);
  });

  test("a batch of another size generates no new code", () => {
    const executor = wasmExecutor({ threads: 1 });
    use(executor);
    const w = new Variable(images(40, 3, 3).reshape([40, 3, 3, 3]).detach());
    const relu = compile((x: Tensor) => x.mul(w.read().mean()).maximum(0));
    relu(images(64, 3, 8)).dataSync();
    const { modules } = executor.functions;
    relu(images(33, 3, 8)).dataSync();
    expect(executor.functions.modules).toBe(modules);
  });
});

describe("state", () => {
  test("NaN in a step leaves every variable as it was, and names the op", () => {
    use(wasmExecutor({ threads: 2 }));
    const w = new Variable(tensor([1, 2, 3]));
    const counter = new Variable(tensor(0));
    const step = compile((x: Tensor) => {
      const loss = w.read().mul(x).log().sum();
      w.assign(w.read().sub(grad(loss, w).mul(0.1)));
      counter.assign(counter.read().add(1));
      return loss;
    });
    step(tensor([1, 1, 1]));
    const before = w.read().dataSync();
    let error: unknown;
    try {
      step(tensor([1, -1, 1]));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as NonFiniteError).op).toBe("log");
    expect((error as NonFiniteError).at).toContain("wasm-training.test.ts");
    expect(w.read().dataSync()).toEqual(before);
    expect(counter.read().itemSync()).toBe(1);
    step(tensor([1, 1, 1]));
    expect(counter.read().itemSync()).toBe(2);
  });

  test("a handle keeps its version, and two variables can change places", () => {
    use(wasmExecutor({ threads: 1 }));
    const a = new Variable(tensor([1, 2, 3, 4, 5]));
    const b = new Variable(tensor([10, 20, 30, 40, 50]));
    const swap = compile(() => {
      const [x, y] = [a.read(), b.read()];
      a.assign(y);
      b.assign(x);
    });
    swap();
    const handle = a.read();
    swap();
    expect([...handle.dataSync()]).toEqual([10, 20, 30, 40, 50]);
    expect([...a.read().dataSync()]).toEqual([1, 2, 3, 4, 5]);
    expect([...b.read().dataSync()]).toEqual([10, 20, 30, 40, 50]);
  });

  test("values move between executors", () => {
    const v = new Variable(tensor([1, 2, 3]));
    const double = compile(() => v.assign(v.read().mul(2)));
    use(wasmExecutor({ threads: 1 }));
    double();
    use("reference");
    double();
    use(wasmExecutor({ threads: 1 }));
    double();
    expect([...v.read().dataSync()]).toEqual([8, 16, 24]);
  });

  test("memory is flat over many steps", () => {
    const executor = wasmExecutor({ threads: 1 });
    use(executor);
    const w = new Variable(images(8, 3, 3));
    const step = compile((x: Tensor) => {
      const loss = x.mul(w.read()).square().mean();
      w.assign(w.read().sub(grad(loss, w).mul(0.01)));
      return loss;
    });
    const x = images(8, 3, 3);
    for (let i = 0; i < 50; i++) step(x).itemSync();
    const { bytes } = executor.heap;
    for (let i = 0; i < 5000; i++) step(x).itemSync();
    expect(executor.heap.bytes).toBe(bytes);
  });
});
