// Plans that need more memory than WebAssembly can address are refused before anything runs, with what to do.

import { wasmExecutor } from "@prewitt/wasm";
import { compile, crossEntropy, grad, MemoryError, nn, seed, type Tensor, tensor, useExecutor, zeros } from "prewitt";
import { describe, expect, test } from "vitest";

function thrownBy(run: () => unknown): MemoryError {
  try {
    run();
  } catch (error) {
    if (error instanceof MemoryError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

class Deep extends nn.Module {
  stem = new nn.Conv2d({ out: 32, kernel: 3, padding: 1 });
  body = new nn.Sequential(new nn.Conv2d({ out: 32, kernel: 3, padding: 1 }), new nn.ReLU(), new nn.MaxPool2d(2));
  head = new nn.Sequential(new nn.GlobalAvgPool2d(), new nn.Flatten(), new nn.Linear({ out: 10 }));
  forward(x: Tensor): Tensor {
    return this.head.forward(this.body.forward(this.stem.forward(x)));
  }
}

describe("a plan beyond 4 GiB", () => {
  const executor = wasmExecutor({ threads: 1 });

  function trainOn(batch: number, size: number): () => unknown {
    seed(1);
    const model = nn.init(new Deep(), [1, size, size]);
    const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.1 });
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = crossEntropy(model.forward(x), y);
      optimizer.step(grad(loss, model.parameters()));
      return loss;
    });
    return () => step(zeros([batch, 1, size, size]), zeros([batch], { dtype: "int32" })).itemSync();
  }

  test("is refused before it runs: peak, largest tensors by module, a batch that fits", () => {
    using _ = useExecutor(executor);
    const { message, at } = thrownBy(trainOn(640, 256));
    expect(message).toMatch(/^the plan needs \d+\.\d GiB of memory at its peak, the executor has 3\.75 GiB\n/);
    expect(message).toMatch(/5\.00 GiB alive at the peak: float32 \[640, 32, 256, 256\] of \w+ in (stem|body\.0)\n/);
    expect(message).toMatch(/fix: use a batch of at most \d+ instead of 640, or checkpoint\(\) around [\w.]+, whose/);
    expect(at).toContain("limits.test.ts");
    const most = Number(/at most (\d+)/.exec(message)?.[1]);
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan(640);
    // Nothing was allocated for it, and the executor goes on.
    expect(executor.heap.bytes).toBeLessThan(2 ** 26);
    expect(Number.isFinite(trainOn(2, 16)())).toBe(true);
  });

  test("the batch that the error names fits", () => {
    using _ = useExecutor(executor);
    const plan = (batch: number) => () => zeros([batch, 64, 512, 512]).add(1).flip(1).mul(2).flip(2).mean().itemSync();
    const most = Number(/at most (\d+)/.exec(thrownBy(plan(64)).message)?.[1]);
    expect(() => planOnly(plan, most)).not.toThrow();
    expect(() => planOnly(plan, most + 1)).toThrow(MemoryError);
  });

  test("a full heap is a MemoryError, and what is there stays usable", () => {
    const small = wasmExecutor({ threads: 1 });
    using _ = useExecutor(small);
    const sum = () => tensor([1, 2, 3]).mul(2).sum().itemSync();
    expect(sum()).toBe(12);
    const rest = small.createStorage("uint8", 2 ** 32 - small.heap.bytes - 2 ** 24);
    const large = () =>
      zeros([2 ** 23])
        .add(3)
        .dataSync();
    expect(thrownBy(large).message).toMatch(/MiB more do not fit into the 4 GiB of WebAssembly memory/);
    expect(sum()).toBe(12);
    rest.free();
    expect(large().at(-1)).toBe(3);
  });
});

/** Plans without running: the first kernel of the run stops it. */
function planOnly(plan: (batch: number) => () => number, batch: number): void {
  const executor = wasmExecutor({ threads: 1 });
  const { prepare } = executor;
  const stop = new Error("planned");
  executor.prepare = function (program) {
    prepare.call(this, program);
    throw stop;
  };
  using _ = useExecutor(executor);
  try {
    plan(batch)();
  } catch (error) {
    if (error !== stop) throw error;
  }
}
