// Precision, recall, F1, intersection over union; curves over thresholds; image quality against scikit-image.

import { grad, type Tensor, tensor, zeros } from "@prewitt/core";
import { averagePrecision, BinaryScores, ConfusionMatrix, psnr, rocAuc, ssim } from "@prewitt/nn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { goldenCases } from "../../../test/goldens/load.ts";
import { asTensor, expectClose } from "./goldens.ts";

describe("ConfusionMatrix", () => {
  const matrix = new ConfusionMatrix(["cat", "dog", "owl", "yak"], { ignoreIndex: 255 });
  matrix.add([0, 0, 1, 1, 1, 2, 3], [0, 0, 0, 1, 2, 2, 255]);

  test("of each class, with an index that does not count", () => {
    expect(matrix.total).toBe(6);
    expect(matrix.precision).toEqual([1, 1 / 3, 1, Number.NaN]);
    expect(matrix.recall).toEqual([2 / 3, 1, 0.5, Number.NaN]);
    expect(matrix.f1).toEqual([0.8, 0.5, 2 / 3, Number.NaN]);
    expect(matrix.iou).toEqual([2 / 3, 1 / 3, 0.5, Number.NaN]);
  });

  test("means over the classes that there are", () => {
    expect(matrix.meanIou).toBeCloseTo(0.5, 12);
    expect(matrix.macro("f1")).toBeCloseTo((0.8 + 0.5 + 2 / 3) / 3, 12);
    expect(matrix.macro("precision")).toBeCloseTo((1 + 1 / 3 + 1) / 3, 12);
    const fresh = new ConfusionMatrix(2).add([0, 1], [0, 0]);
    fresh.reset();
    expect(fresh.total).toBe(0);
    expect(fresh.meanIou).toBeNaN();
  });
});

describe("curves", () => {
  const scores = [0.1, 0.4, 0.35, 0.8];
  const labels = [0, 0, 1, 1];

  test("known values", () => {
    const all = new BinaryScores().add(scores.slice(0, 1), labels.slice(0, 1)).add(scores.slice(1), labels.slice(1));
    expect(all.auc).toBe(0.75);
    expect(all.averagePrecision).toBeCloseTo(0.5 + 0.5 * (2 / 3), 12);
    const roc = all.rocCurve();
    expect([...roc.falsePositiveRate]).toEqual([0, 0, 0.5, 0.5, 1]);
    expect([...roc.truePositiveRate]).toEqual([0, 0.5, 0.5, 1, 1]);
    expect([...roc.thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.8, 0.4, 0.35, 0.1]);
    expect([...all.precisionRecallCurve().precision]).toEqual([1, 1, 0.5, 2 / 3, 0.5]);
    expect([1, 0.5, 0].map((s) => all.sensitivityAt(s))).toEqual([0.5, 1, 1]);
    all.reset();
    expect(all.count).toBe(0);
    expect(rocAuc([1, 1, 1], [0, 1, 1])).toBe(0.5);
    expect(averagePrecision([1, 1, 1, 1], [0, 1, 1, 0])).toBe(0.5);
    expect(rocAuc([1, 2], [1, 1])).toBeNaN();
  });

  test("the area is the share of pairs in the right order, ties half", () => {
    const sample = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 1 }));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 2, maxLength: 20 }), (samples) => {
        const yes = samples.filter(([, l]) => l === 1).map(([s]) => s);
        const no = samples.filter(([, l]) => l === 0).map(([s]) => s);
        fc.pre(yes.length > 0 && no.length > 0);
        const won = yes.flatMap((y) => no.map((n): number => (y > n ? 1 : y === n ? 0.5 : 0)));
        const auc = rocAuc(
          samples.map(([s]) => s),
          samples.map(([, l]) => l),
        );
        expect(auc).toBeCloseTo(won.reduce((a, b) => a + b, 0) / won.length, 12);
      }),
      { numRuns: 60 },
    );
  });

  test("misuse", () => {
    expect(() => rocAuc([1], [1, 0])).toThrow(/1 predictions for 2 labels/);
    expect(() => rocAuc([Number.NaN], [1])).toThrow(/score 0 is NaN/);
    expect(() => rocAuc([1], [2])).toThrow(/label 0 is 2, neither 0 nor 1/);
    expect(() => new BinaryScores().add([1], [1]).sensitivityAt(2)).toThrow(/specificity must be a number from 0 to 1/);
  });
});

describe("image quality", () => {
  test.each(goldenCases("metrics", "imageQuality"))("$name", ({ options, inputs, outputs }) => {
    const [a, b] = [asTensor(inputs.a), asTensor(inputs.b)];
    expectClose(ssim(a, b, { ...options, reduction: "none" }), outputs.ssim, 1e-10, "ssim");
    expectClose(psnr(a, b, { ...options, reduction: "none" }), outputs.psnr, 1e-10, "psnr");
    const each = Array.from(outputs.ssim?.data ?? []);
    expect(ssim(a, b, options).itemSync()).toBeCloseTo(each.reduce((x, y) => x + y) / each.length, 10);
  });

  const image = (): Tensor =>
    tensor(
      Float64Array.from({ length: 256 }, (_, i) => 0.5 + 0.4 * Math.sin(i * i)),
      { shape: [1, 1, 16, 16] },
    );

  test("equal images; a way uphill", () => {
    expect(ssim(image(), image()).itemSync()).toBeCloseTo(1, 12);
    expect(psnr(image(), image()).itemSync()).toBe(Number.POSITIVE_INFINITY);
    const start = image().mul(0.5).add(0.1);
    const slope = grad(ssim(start, image()), start);
    expect(ssim(start.add(slope.mul(0.5)), image()).itemSync()).toBeGreaterThan(ssim(start, image()).itemSync());
  });

  test("misuse", () => {
    expect(() => ssim(zeros([1, 1, 8, 20]), zeros([1, 1, 8, 20]))).toThrow(
      /smaller than the window of 11 × 11[\s\S]*window: 7/,
    );
    expect(() => psnr(zeros([1, 8, 8]), zeros([1, 8, 8]))).toThrow(/must be images \[N, C, H, W\]/);
    expect(() => psnr(zeros([1, 1, 8, 8]), zeros([1, 1, 8, 8]), { range: 0 })).toThrow(/range must be above 0/);
    expect(() => ssim(zeros([1, 1, 16, 16]), zeros([1, 1, 16, 16]), { window: 4 })).toThrow(/odd number of pixels/);
  });
});
