// Mean average precision: cases by hand, and an independent implementation's values.

import { OptionError } from "@prewitt/core";
import { detectionErrors, MeanAveragePrecision } from "@prewitt/nn";
import { describe, expect, test } from "vitest";
import { type GoldenTensor, goldenCases } from "../../../test/goldens/load.ts";

const unit = [0, 0, 10, 10];
const none = { boxes: [], scores: [], classes: [] };

function metricOf(
  images: readonly (readonly [
    found: readonly (readonly [number, readonly number[]])[],
    truth: readonly (readonly number[])[],
  ])[],
): MeanAveragePrecision {
  const metric = new MeanAveragePrecision(1);
  for (const [found, truth] of images) {
    metric.add(
      { boxes: found.flatMap(([, b]) => b), scores: found.map(([s]) => s), classes: found.map(() => 0) },
      { boxes: truth.flat(), classes: truth.map(() => 0) },
    );
  }
  return metric;
}

describe("by hand", () => {
  test("all found: 1; nothing found: 0; nothing there: no value", () => {
    expect(metricOf([[[[0.9, unit]], [unit]]]).value).toBe(1);
    expect(metricOf([[[], [unit]]]).value).toBe(0);
    expect(metricOf([[[[0.9, unit]], []]]).value).toBeNaN();
  });

  test("a false alarm with a higher score halves the precision, one with a lower score does not", () => {
    const away = [50, 50, 60, 60];
    expect(
      metricOf([
        [
          [
            [0.9, away],
            [0.5, unit],
          ],
          [unit],
        ],
      ]).value,
    ).toBe(0.5);
    expect(
      metricOf([
        [
          [
            [0.9, unit],
            [0.5, away],
          ],
          [unit],
        ],
      ]).value,
    ).toBe(1);
    // In another image it is the same.
    expect(
      metricOf([
        [[[0.5, unit]], [unit]],
        [[[0.9, away]], []],
      ]).value,
    ).toBe(0.5);
  });

  test("the second detection of one object is wrong", () => {
    const far = [50, 50, 60, 60];
    const metric = metricOf([
      [
        [
          [0.9, unit],
          [0.8, unit],
          [0.7, far],
        ],
        [unit, far],
      ],
    ]);
    // Recalls ½ and 1 with precisions 1 and ⅔: 51 points of 1, 50 of ⅔.
    expect(metric.value).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
    expect(metric.result().recall).toBe(1);
  });

  test("an overlap of 0.6 counts at 0.5, 0.55 and 0.6", () => {
    const metric = metricOf([[[[0.9, [0, 0, 10, 6]]], [unit]]]);
    expect(metric.value).toBeCloseTo(0.3, 12);
    expect(metric.result().map50).toBe(1);
    expect(metric.result().map75).toBe(0);
  });

  test("half of the objects found", () => {
    expect(metricOf([[[[0.9, unit]], [unit, [50, 50, 60, 60]]]]).value).toBeCloseTo(51 / 101, 12);
  });

  test("areas outside the range are neither right nor wrong", () => {
    const small = [50, 50, 52, 52];
    const metric = metricOf([
      [
        [
          [0.95, small],
          [0.9, unit],
          [0.8, [70, 70, 71, 71]],
        ],
        [unit, small],
      ],
    ]);
    expect(metric.result({ area: [50, 200] }).map).toBe(1);
    expect(metric.result({ area: [0, 49] }).map).toBe(1);
    expect(metric.result({ area: [201, 300] }).map).toBeNaN();
  });

  test("an object that counts is found before one that does not, even if that overlaps more", () => {
    // Overlaps 0.625 with the first, 0.76 with the second: found at 0.5, 0.55 and 0.6.
    const metric = metricOf([[[[0.9, [0, 0, 10, 16]]], [unit, [0, 0, 10, 21]]]]);
    expect(metric.result({ area: [50, 200] }).map).toBeCloseTo(0.3, 12);
  });

  test("only the best detections count", () => {
    const metric = new MeanAveragePrecision(["thing"], { maxDetections: 1 });
    metric.add(
      { boxes: [...unit, 50, 50, 60, 60], scores: [0.1, 0.9], classes: [0, 0] },
      { boxes: unit, classes: [0] },
    );
    expect(metric.value).toBe(0);
    metric.reset();
    expect(metric.count).toBe(0);
  });
});

describe("precision and recall", () => {
  const far = [50, 50, 60, 60];
  const metric = new MeanAveragePrecision(["a", "b", "never there"]);
  metric.add(
    { boxes: [...unit, ...unit, ...far], scores: [0.9, 0.8, 0.7], classes: [0, 0, 0] },
    { boxes: [...unit, ...far, ...unit], classes: [0, 0, 1] },
  );

  test("precision at 101 recalls, of a class and as the mean over classes with objects", () => {
    const { x, y } = metric.precisionRecall({ class: 0 });
    expect([x[0], x[50], x[100]]).toEqual([0, 0.5, 1]);
    // Right, wrong, right: precision 1 up to recall ½, ⅔ beyond.
    expect([y[0], y[50], y[51], y[100]]).toEqual([1, 1, 2 / 3, 2 / 3]);
    expect(Array.from(metric.precisionRecall({ class: 1 }).y)).toEqual(Array(101).fill(0));
    const all = metric.precisionRecall().y;
    expect([all[50], all[51]]).toEqual([0.5, 1 / 3]);
    expect(all.reduce((a, b) => a + b, 0) / 101).toBeCloseTo(metric.result().map50, 12);
  });

  test("thresholds and classes that the metric does not have", () => {
    expect(() => metric.precisionRecall({ iouThreshold: 0.52 })).toThrow(OptionError);
    expect(() => metric.precisionRecall({ iouThreshold: 0.52 })).toThrow("the metric has 0.5, 0.55");
    expect(() => metric.precisionRecall({ class: 3 })).toThrow("class is 3, outside 0 … 2");
  });
});

describe("errors by kind", () => {
  const far = [50, 50, 60, 60];
  const verdictsOf = (found: readonly (readonly [number, number, readonly number[]])[]) =>
    detectionErrors(
      { boxes: found.flatMap(([, , b]) => b), scores: found.map(([s]) => s), classes: found.map(([, c]) => c) },
      { boxes: [...unit, ...far], classes: [0, 1] },
    );

  test("one of each", () => {
    expect(
      verdictsOf([
        [0.8, 0, unit],
        [0.9, 0, [0, 0, 10, 9]],
        [0.7, 1, unit],
        [0.6, 1, [50, 50, 60, 53]],
        [0.6, 0, [50, 50, 60, 53]],
        [0.6, 1, [80, 80, 90, 90]],
        [0.4, 1, far],
      ]),
    ).toEqual({
      verdicts: ["duplicate", "right", "class", "localisation", "both", "background", undefined],
      missed: [],
    });
  });

  test("objects that nobody speaks of", () => {
    expect(verdictsOf([]).missed).toEqual([0, 1]);
    expect(verdictsOf([[0.9, 0, far]])).toEqual({ verdicts: ["class"], missed: [0] });
    expect(verdictsOf([[0.9, 0, [50, 50, 60, 53]]])).toEqual({ verdicts: ["both"], missed: [0, 1] });
  });

  test("a detection takes the free object of its class beside one that is found", () => {
    const beside = [0, 2, 10, 12];
    const { verdicts, missed } = detectionErrors(
      { boxes: [...unit, 0, 0.5, 10, 10.5], scores: [0.9, 0.8], classes: [0, 0] },
      { boxes: [...unit, ...beside], classes: [0, 0] },
    );
    expect({ verdicts, missed }).toEqual({ verdicts: ["right", "right"], missed: [] });
  });

  test("thresholds out of order", () => {
    const judge = () => detectionErrors(none, none, { iouThreshold: 0.5, backgroundThreshold: 0.6 });
    expect(judge).toThrow(OptionError);
    expect(judge).toThrow("iouThreshold 0.5, backgroundThreshold 0.6");
  });
});

describe("an independent implementation", () => {
  test.each(goldenCases("metrics", "meanAveragePrecision"))("$name", ({ options, inputs, outputs }) => {
    const list = (name: string): number[] => Array.from((inputs[name] as GoldenTensor).data);
    const metric = new MeanAveragePrecision(options.classes);
    const pick = (image: number, of: string, boxes: string, others: readonly string[]) => {
      const rows = list(of).flatMap((n, i) => (n === image ? [i] : []));
      const all = list(boxes);
      const parts = others.map((name) => rows.map((i) => list(name)[i] as number));
      return { boxes: rows.flatMap((i) => all.slice(4 * i, 4 * i + 4)), parts };
    };
    for (let image = 0; image < options.images; image++) {
      const found = pick(image, "image", "boxes", ["scores", "classes"]);
      const truth = pick(image, "truthImage", "truthBoxes", ["truthClasses"]);
      const [scores = [], classes = []] = found.parts;
      metric.add({ boxes: found.boxes, scores, classes }, { boxes: truth.boxes, classes: truth.parts[0] ?? [] });
    }
    const result = metric.result({ area: options.area });
    for (const name of ["map", "map50", "map75"] as const) {
      expect(result[name], name).toBeCloseTo(outputs[name]?.data[0] as number, 10);
    }
    Array.from(outputs.perClass?.data ?? []).forEach((wanted, c) => {
      if (Number.isNaN(wanted)) expect(result.perClass[c]).toBeNaN();
      else expect(result.perClass[c], `class ${c}`).toBeCloseTo(wanted, 10);
    });
  });
});

test("misuse", () => {
  const metric = new MeanAveragePrecision(2);
  expect(() => metric.add({ boxes: unit, scores: [], classes: [0] }, none)).toThrow(/4 numbers, 1 classes, 0 scores/);
  expect(() => metric.add({ boxes: unit, scores: [1], classes: [2] }, none)).toThrow(/class 2/);
  expect(() => metric.add({ boxes: unit, scores: [Number.NaN], classes: [0] }, none)).toThrow(/score NaN/);
  expect(metric.count).toBe(0);
  expect(() => new MeanAveragePrecision(0, { iouThresholds: [2] })).toThrow(
    /0 is no number of classes[\s\S]*not numbers above 0/,
  );
});
