import { seed, type Tensor, tensor } from "@prewitt/core";
import {
  Adam,
  accuracy,
  type Batch,
  ConfusionMatrix,
  Dropout,
  evaluate,
  type FitCheckpoint,
  fit,
  init,
  Linear,
  ReLU,
  Sequential,
  SGD,
  type Stateful,
  summary,
} from "@prewitt/nn";
import { crossEntropy } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

/** Points in the plane as bytes; the class is the quadrant's side of the diagonal. */
function batches(count: number, size: number): Batch[] {
  let state = 1;
  const next = (): number => {
    state = (state * 48271) % 2147483647;
    return state % 256;
  };
  return Array.from({ length: count }, (_, b) => {
    const n = b === count - 1 ? size - 1 : size;
    const image = Uint8Array.from({ length: 2 * n }, next);
    const label = Int32Array.from({ length: n }, (_v, i) =>
      (image[2 * i] as number) > (image[2 * i + 1] as number) ? 1 : 0,
    );
    return { image: tensor(image, { shape: [n, 2] }), label: tensor(label) };
  });
}

const prepare = (image: Tensor): Tensor => image.cast("float32").div(128).sub(1);
const network = () =>
  init(new Sequential(new Linear({ out: 16 }), new ReLU(), new Dropout(0.1), new Linear({ out: 2 })), [2]);

describe("fit", () => {
  test("learns, reports every step and epoch, and validates", async () => {
    const model = network().eval();
    const data = batches(12, 16);
    const seen: unknown[] = [];
    const history = await fit(model, {
      data,
      loss: crossEntropy,
      optimizer: new Adam(model.parameters(), { learningRate: 0.02 }),
      epochs: 8,
      prepare,
      metrics: { accuracy },
      validation: batches(3, 50),
      onStep: ({ epoch, step, samples }) => {
        seen.push([epoch, step, samples]);
      },
    });
    expect(history.losses).toHaveLength(96);
    expect(seen).toHaveLength(96);
    expect(seen[11]).toEqual([0, 11, 15]);
    expect(seen[12]).toEqual([1, 12, 16]);
    expect(history.epochs.map((e) => e.samples)).toEqual(new Array(8).fill(191));
    const [first, last] = [history.epochs[0], history.epochs.at(-1)];
    expect(last?.loss).toBeLessThan(0.5 * (first?.loss as number));
    expect(last?.validation?.accuracy).toBeGreaterThan(0.93);
    expect(last?.validation?.samples).toBe(149);
    // The mode of before is given back.
    expect(model.training).toBe(false);
    const losses = history.losses.slice(0, 12);
    const mean = losses.reduce((sum, l, i) => sum + l * (i === 11 ? 15 : 16), 0) / 191;
    expect(first?.loss).toBeCloseTo(mean, 12);
  });

  test("follows a schedule, and stops when told to", async () => {
    const model = network();
    const optimizer = new SGD(model.parameters(), { learningRate: 1 });
    const rates: number[] = [];
    const history = await fit(model, {
      data: batches(5, 4),
      loss: crossEntropy,
      optimizer,
      epochs: 3,
      prepare,
      schedule: (step) => 1 / (step + 1),
      onStep: ({ step }) => {
        rates.push(optimizer.learningRate.read().itemSync());
        return step < 6;
      },
    });
    expect(rates).toEqual([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 7]);
    expect(history.losses).toHaveLength(7);
    expect(history.epochs).toHaveLength(2);
  });

  test("does not take a schedule beside the optimiser's own", async () => {
    const model = network();
    const options = { data: batches(5, 2), loss: crossEntropy, prepare };
    const halving = (step: number): number => 0.5 ** step;
    const optimizer = new SGD(model.parameters(), { learningRate: halving });
    await expect(fit(model, { ...options, optimizer, schedule: halving })).rejects.toThrow(
      /\[fit\] the learning rate has two schedules: fit's option and the optimiser's learningRate[\s\S]*fix: leave schedule out, or give the optimiser a number: \{ learningRate: 0\.001 \}/,
    );
    expect(optimizer.steps.read().itemSync()).toBe(0);
    expect((await fit(model, { ...options, optimizer })).losses).toHaveLength(5);
    const momentum = new SGD(model.parameters(), { learningRate: 0.1, momentum: () => 0.9 });
    expect((await fit(model, { ...options, optimizer: momentum, schedule: halving })).losses).toHaveLength(5);
  });
});

test("evaluate weighs batches by size, does not train, and hands outputs on", async () => {
  const model = network();
  const data = batches(4, 10);
  const before = model.stateDict({ counters: true });
  const matrix = new ConfusionMatrix(2);
  const result = await evaluate(model, data, {
    loss: crossEntropy,
    metrics: { accuracy },
    prepare,
    onBatch: (output, { label }) => {
      matrix.add(output.argmax(1).dataSync(), label.dataSync());
    },
  });
  expect(result.samples).toBe(39);
  expect(matrix.total).toBe(39);
  expect(result.accuracy).toBeCloseTo(matrix.accuracy, 6);
  expect(result.loss).toBeGreaterThan(0);
  for (const [path, value] of Object.entries(model.stateDict({ counters: true }))) {
    expect(value.dataSync()).toEqual(before[path]?.dataSync());
  }
  expect(model.training).toBe(true);
  async function* stream() {
    yield* data;
  }
  expect(await evaluate(model, stream(), { loss: crossEntropy, prepare })).toEqual({ loss: result.loss, samples: 39 });
});

describe("fit with a checkpoint", () => {
  /** Keeps what is saved in memory, as a file would. */
  class Memory implements FitCheckpoint {
    saved: Readonly<Record<string, object>> | undefined;
    progress: unknown[] = [];
    readonly parts: Readonly<Record<string, Stateful>>;
    constructor(parts: Readonly<Record<string, Stateful>>, saved?: Readonly<Record<string, object>>) {
      this.parts = parts;
      this.saved = saved;
    }
    async resume(own: Readonly<Record<string, Stateful>>): Promise<unknown> {
      for (const [name, part] of Object.entries({ ...this.parts, ...own })) {
        if (this.saved !== undefined) await part.loadStateDict(this.saved[name] as object);
      }
      return this.saved;
    }
    async save(progress: unknown, own: Readonly<Record<string, Stateful>>): Promise<void> {
      this.progress.push(progress);
      const all = Object.entries({ ...this.parts, ...own });
      this.saved = Object.fromEntries(
        all.map(([name, part]) => [
          name,
          part instanceof Sequential ? part.stateDict({ counters: true }) : part.stateDict(),
        ]),
      );
    }
  }
  const fresh = (saved?: Readonly<Record<string, object>>) => {
    seed(1);
    const model = network();
    const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
    const checkpoint = new Memory({ model, optimizer }, saved);
    const options = { data: batches(5, 16), loss: crossEntropy, optimizer, epochs: 3, prepare, checkpoint };
    return { model, checkpoint, options };
  };

  test("stopped after any step and resumed, the history is that of one run", async () => {
    const one = fresh();
    const whole = await fit(one.model, one.options);
    expect(one.checkpoint.progress).toMatchObject([
      { epoch: 1, step: 5 },
      { epoch: 2, step: 10 },
      { epoch: 3, step: 15 },
    ]);
    for (const stop of [1, 4, 5, 6, 14]) {
      const first = fresh();
      await fit(first.model, { ...first.options, onStep: ({ step }) => step + 1 < stop });
      expect(first.checkpoint.progress.at(-1)).toEqual({ epoch: Math.ceil(stop / 5) - 1, step: stop });
      const second = fresh(first.checkpoint.saved);
      expect(await fit(second.model, second.options)).toEqual(whole);
      // A run that is done stays so.
      const third = fresh(second.checkpoint.saved);
      expect(await fit(third.model, third.options)).toEqual(whole);
    }
  });

  test("saves every so many steps", async () => {
    const { model, options, checkpoint } = fresh();
    await fit(model, { ...options, epochs: 1, checkpointEvery: 2 });
    expect(checkpoint.progress).toMatchObject([{ step: 2 }, { step: 4 }, { epoch: 1, step: 5, samples: 79 }]);
    await expect(fit(model, { ...options, checkpointEvery: 0 })).rejects.toThrow("checkpointEvery must be a positive");
  });

  test("wants all that the run depends on", async () => {
    const { model, options } = fresh();
    await expect(fit(model, { ...options, checkpoint: new Memory({ model }) })).rejects.toThrow(
      /does not hold all that the run depends on\n {2}- optimizer is not among its parts\n {2}fix: make it with all of them: checkpoint\(\{ model, optimizer, data \}, file\)/,
    );
  });
});

describe("what a console prints", () => {
  const printed = (x: object): string =>
    (x as Record<symbol, () => string>)[Symbol.for("nodejs.util.inspect.custom")]!();

  test("a history: a line for each epoch, of long ones the first and the last", async () => {
    const model = network();
    const options = { loss: crossEntropy, optimizer: new SGD(model.parameters(), { learningRate: 0.01 }), prepare };
    const history = await fit(model, { ...options, data: batches(2, 4), epochs: 12, validation: batches(1, 5) });
    const lines = printed(history).split("\n");
    expect(lines[0]).toBe("History of 24 steps in 12 epochs");
    expect(lines[1]).toMatch(/^ {2}epoch 1 {2}loss \d\.\d+ {2}validation loss \d\.\d+$/);
    expect(lines.map((line) => line.trim().split("  ")[0])).toEqual([
      lines[0],
      ...["epoch 1", "epoch 2", "epoch 3", "… 2 epochs"],
      ...[6, 7, 8, 9, 10, 11, 12].map((n) => `epoch ${n}`),
    ]);
    expect(`${history}`).toBe(printed(history));
    expect(Object.keys(history)).toEqual(["losses", "epochs"]);
  });

  test("a summary: its table", () => {
    const table = summary(network(), [2]);
    expect(printed(table)).toBe(`${table}`);
  });
});
