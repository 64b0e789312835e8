import { type Tensor, tensor } from "@prewitt/core";
import {
  Adam,
  accuracy,
  type Batch,
  ConfusionMatrix,
  Dropout,
  evaluate,
  fit,
  init,
  Linear,
  ReLU,
  Sequential,
  SGD,
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
