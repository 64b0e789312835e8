// The checking mode: nothing to say about an executor that is right, and the first kernel named of one that is not.

import {
  checkingExecutor,
  compile,
  cumsum,
  currentExecutor,
  DivergenceError,
  type Executor,
  type Kernel,
  NonFiniteError,
  type Operand,
  type Program,
  referenceExecutor,
  tensor,
  useExecutor,
  Variable,
} from "@prewitt/core";
import { wasmExecutor } from "@prewitt/wasm";
import { crossEntropy, grad, nn, relu, seed, type Tensor } from "prewitt";
import { describe, expect, test } from "vitest";

const wasm = wasmExecutor({ threads: 2 });

/** An executor that runs other kernels than it is given. */
function broken(edit: (kernel: Kernel, number: number) => Kernel, memory = (program: Program) => program): Executor {
  const right = referenceExecutor({ fuse: true });
  return {
    name: "broken",
    traits: right.traits,
    prepare: (program) => right.prepare(memory({ ...program, kernels: program.kernels.map(edit) })),
    createStorage: (dtype, length) => right.createStorage(dtype, length),
  };
}

function divergenceOf(run: () => unknown): DivergenceError {
  try {
    run();
  } catch (error) {
    if (error instanceof DivergenceError) return error;
    throw error;
  }
  throw new Error("no divergence");
}

class Net extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d({ out: 16, kernel: 3, padding: 1 }),
    new nn.BatchNorm2d(),
    new nn.ReLU(),
    new nn.Conv2d({ out: 16, kernel: 3, padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  head = new nn.Sequential(new nn.Flatten(), new nn.Dropout({ rate: 0.3 }), new nn.Linear({ out: 10 }));
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

/** A few steps of training under the executor in use: the losses. */
function train(steps: number): number[] {
  seed(5);
  const model = nn.init(new Net(), [3, 8, 8]);
  const optimizer = new nn.Adam(model.parameters(), { learningRate: 1e-2 });
  const step = compile((x: Tensor, y: Tensor) => {
    const loss = crossEntropy(model.forward(x), y);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const image = tensor(
    Float32Array.from({ length: 4 * 3 * 64 }, (_, i) => Math.sin(i * 1.7)),
    { shape: [4, 3, 8, 8] },
  );
  const label = tensor(Int32Array.from([1, 3, 5, 7]), { shape: [4] });
  return Array.from({ length: steps }, () => step(image, label).itemSync());
}

describe("checking mode", () => {
  test("the default executor passes, and computes what it computes without", () => {
    const checked = (() => {
      using _ = useExecutor("checking");
      expect(currentExecutor().name).toBe("checking");
      return train(3);
    })();
    using _ = useExecutor("default");
    expect(checked).toEqual(train(3));
  });

  test("a kernel that is wrong is named, with module, values, bound and the user's line", () => {
    // Rows of the weights taken for columns.
    const executor = broken((k) => {
      if (k.kind !== "conv" || k.direction !== "inputGradient") return k;
      const [dy, w] = k.reads as [Operand, Operand];
      const [o, i, row, column] = w.strides as [number, number, number, number];
      return { ...k, reads: [dy, { ...w, strides: [o, i, column, row] }] };
    });
    using _ = useExecutor(checkingExecutor(executor));
    const error = divergenceOf(() => train(1));
    expect(error.module).toBe("features.3");
    expect(error.at).toContain("checking.test.ts");
    expect(error.message).toMatch(
      /^\[\w+\] broken and the reference disagree in kernel \d+ of \d+ \(conv inputGradient\)\n {2}module: features\.3\n/,
    );
    expect(error.message).toMatch(/- element \[\d, \d+, \d, \d\] is \S+, the reference has \S+\n/);
    expect(error.message).toMatch(
      /- off by \S+, \S+ is allowed \(96 roundings of the value \+ \S+ of the largest, [^)]+\)/,
    );
  });

  test("the first kernel at fault, not those that take its error further", () => {
    const executor = broken((k) =>
      k.kind === "map" && k.expression.instructions.some((i) => i.op === "sin")
        ? {
            ...k,
            expression: {
              ...k.expression,
              instructions: k.expression.instructions.map((i) => (i.op === "sin" ? { ...i, op: "cos" as const } : i)),
            },
          }
        : k,
    );
    using _ = useExecutor(checkingExecutor(executor));
    const x = tensor([[0.5, 0.25]]);
    const error = divergenceOf(() => cumsum(cumsum(cumsum(x, 1).sin(), 1).exp(), 1).dataSync());
    expect(error.op).toBe("sin");
    expect(error.message).toContain("2 of 2 elements are beyond the bound");
  });

  test("nothing is assigned when a kernel diverges", () => {
    const right = new Variable(tensor([1, 2]));
    const executor = broken((k) => (k.kind === "reduce" ? { ...k, accumulators: [{ kind: "max", value: 0 }] } : k));
    using _ = useExecutor(checkingExecutor(executor));
    const step = compile(() => {
      const sum = right.read().sum();
      right.assign(right.read().mul(2));
      return sum;
    });
    expect(() => step()).toThrow(DivergenceError);
    expect([...right.read().dataSync()]).toEqual([1, 2]);
  });

  test("memory that two live values share is found", () => {
    const executor = broken(
      (k) => k,
      (program) => ({
        ...program,
        buffers: program.buffers.map((b) =>
          program.outputs.length === 1 && b.role === "temporary" ? { ...b, offset: 0 } : b,
        ),
      }),
    );
    using _ = useExecutor(checkingExecutor(executor));
    const x = tensor([[3, 1, 2]]);
    expect(
      divergenceOf(() =>
        cumsum(x, 1)
          .sub(cumsum(cumsum(x, 1, { reverse: true }), 1))
          .dataSync(),
      ).message,
    ).toMatch(/^broken gives other values when memory is shared: output 0 differs\n/);
  });

  test("results that flip within the stated error of a function agree", () => {
    // exp(0) − 1 may come out a rounding below 0 on an executor within its bounds.
    const executor = broken((k) =>
      k.kind === "map"
        ? {
            ...k,
            expression: {
              ...k.expression,
              instructions: k.expression.instructions.map((i) =>
                i.op === "const" && i.value === 1 ? { ...i, value: 1 + 2 ** -23 } : i,
              ),
            },
          }
        : k,
    );
    using _ = useExecutor(checkingExecutor(executor));
    expect([...tensor([0, 3]).exp().sub(1).floor().dataSync()]).toEqual([-1, 19]);
    expect(divergenceOf(() => tensor([0.5]).sub(1).dataSync()).op).toBe("sub");
  });

  test("errors in values come through", () => {
    using _ = useExecutor(checkingExecutor(wasm));
    const v = new Variable(tensor([1]));
    const step = compile((x: Tensor) => {
      const loss = x.log().sum();
      v.assign(relu(v.read()));
      return loss;
    });
    expect(() => step(tensor([-1]))).toThrow(NonFiniteError);
  });
});
