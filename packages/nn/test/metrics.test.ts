import { tensor } from "@prewitt/core";
import {
  accuracy,
  accuracyOf,
  ConfusionMatrix,
  confusionMatrix,
  constantSchedule,
  cosineSchedule,
  RunningMean,
  stepSchedule,
  topKAccuracy,
  warmup,
} from "@prewitt/nn";
import { describe, expect, test } from "vitest";

const logits = tensor([
  [0.1, 0.7, 0.2, 0.0],
  [0.9, 0.3, 0.4, 0.5],
  [0.2, 0.2, 0.1, 0.2],
  [0.0, 0.1, 0.3, 0.2],
]);

describe("accuracy", () => {
  test("counts the largest logit, the first of equal ones", () => {
    expect(accuracy(logits, tensor(Int32Array.of(1, 2, 0, 2))).itemSync()).toBe(0.75);
    expect(accuracy(logits, tensor(Uint8Array.of(1, 0, 1, 2))).itemSync()).toBe(0.75);
  });

  test("of lists", () => {
    expect(accuracyOf([1, 2, 3, 4], [1, 2, 0, 4])).toBe(0.75);
  });

  test.each([
    [1, [1, 0, 0, 2], 1],
    [1, [2, 3, 1, 3], 0],
    [2, [2, 3, 1, 3], 1],
    [2, [0, 2, 3, 1], 0],
    [3, [0, 2, 3, 1], 1],
    [4, [3, 1, 2, 0], 1],
  ])("top %i of labels %j is %d", (k, labels, expected) => {
    expect(topKAccuracy(logits, tensor(Int32Array.from(labels)), k).itemSync()).toBe(expected);
  });
});

describe("confusion matrix", () => {
  const matrix = new ConfusionMatrix(["cat", "dog", "fox"]);
  matrix.add([0, 0, 1, 2], [0, 0, 1, 1]).add(Int32Array.of(1, 0), Uint8Array.of(1, 1));

  test("rows are true classes, columns predicted ones", () => {
    expect([matrix.at(1, 0), matrix.at(0, 1), matrix.at(1, 2), matrix.at(1, 1)]).toEqual([1, 0, 1, 2]);
    expect(matrix.total).toBe(6);
    expect(matrix.accuracy).toBe(4 / 6);
    expect(matrix.recall).toEqual([1, 0.5, Number.NaN]);
    expect(matrix.precision).toEqual([2 / 3, 1, 0]);
  });

  test("as text", () => {
    expect(`${matrix}`.split("\n")).toEqual([
      "true \\ predicted  cat  dog  fox   recall",
      "             cat    2    ·    ·  100.0 %",
      "             dog    1    2    1   50.0 %",
      "             fox    ·    ·    ·        –",
    ]);
  });

  test("a bad batch counts nothing", () => {
    expect(() => matrix.add([0, 1], [0, 7])).toThrow("label 1 is 7, outside 0 … 2");
    expect(() => matrix.add([0, 1.5], [0, 1])).toThrow("prediction 1 is 1.5");
    expect(matrix.total).toBe(6);
    expect(confusionMatrix([1], [0], 2).counts).toEqual(Float64Array.of(0, 1, 0, 0));
  });
});

test("a running mean weighs batches by their size", () => {
  const mean = new RunningMean();
  expect(mean.value).toBeNaN();
  mean.add(2, 64).add(5, 32);
  expect(mean.value).toBe(3);
  expect(mean.count).toBe(96);
  mean.reset();
  expect(mean.count).toBe(0);
});

describe("schedules", () => {
  const at = (schedule: (step: number) => number, steps: readonly number[]) =>
    steps.map((s) => Number(schedule(s).toFixed(12)));

  test("constant", () => {
    expect(at(constantSchedule(0.1), [0, 1000])).toEqual([0.1, 0.1]);
  });

  test("step", () => {
    expect(at(stepSchedule({ start: 1, every: 3, factor: 0.5 }), [0, 2, 3, 5, 6])).toEqual([1, 1, 0.5, 0.5, 0.25]);
    expect(at(stepSchedule({ start: 1, every: [2, 7] }), [0, 1, 2, 6, 7, 99])).toEqual([1, 1, 0.1, 0.1, 0.01, 0.01]);
  });

  test("cosine", () => {
    expect(at(cosineSchedule({ start: 1, end: 0.2, steps: 4 }), [0, 2, 4, 100])).toEqual([1, 0.6, 0.2, 0.2]);
    expect(cosineSchedule({ start: 1, steps: 4 })(1)).toBeCloseTo(0.5 * (1 + Math.SQRT1_2), 12);
  });

  test("warm-up", () => {
    expect(at(warmup(constantSchedule(1), { steps: 4 }), [0, 1, 2, 3, 4, 5])).toEqual([
      0.25, 0.4375, 0.625, 0.8125, 1, 1,
    ]);
    expect(at(warmup(stepSchedule({ start: 2, every: 2 }), { steps: 2, from: 0 }), [0, 1, 2, 3, 4])).toEqual([
      0, 1, 2, 2, 0.2,
    ]);
  });
});
