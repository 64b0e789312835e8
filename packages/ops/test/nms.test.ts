// Non-maximum suppression where torchvision leaves the answer open, and against the definition on random boxes.

import { OptionError, ShapeError, tensor } from "@prewitt/core";
import { boxIou, nms } from "@prewitt/ops";
import fc from "fast-check";
import { expect, test } from "vitest";

const unit = [0, 0, 1, 1];

test("equal scores: the first stays; equal to the threshold is not above it", () => {
  expect([...nms([...unit, ...unit, ...unit], [0.5, 0.5, 0.7])]).toEqual([2]);
  expect([...nms([...unit, ...unit], [0.5, 0.5])]).toEqual([0]);
  expect([...nms([...unit, 0, 0, 1, 2], [0.9, 0.5], { iouThreshold: 0.5 })]).toEqual([0, 1]);
  expect([...nms([...unit, 0, 0, 1, 1.9], [0.9, 0.5], { iouThreshold: 0.5 })]).toEqual([0]);
});

test("classes keep their own; scores below the threshold go; at most max stay; none at all", () => {
  const boxes = [...unit, ...unit, ...unit, 5, 5, 6, 6];
  expect([...nms(boxes, [0.1, 0.2, 0.3, 0.4], { classes: [0, 1, 1, 1] })]).toEqual([3, 2, 0]);
  expect([...nms(boxes, [0.1, 0.2, 0.3, 0.4], { classes: [0, 1, 1, 1], scoreThreshold: 0.2 })]).toEqual([3, 2]);
  expect([...nms(boxes, [0.1, 0.2, 0.3, 0.4], { max: 1 })]).toEqual([3]);
  expect([...nms(tensor(new Float32Array(0), { shape: [0, 4] }), [])]).toEqual([]);
});

test("what stays does not overlap, what went is overlapped by a better one", () => {
  const side = fc.integer({ min: 0, max: 12 });
  const box = fc.tuple(
    side,
    side,
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 0, max: 9 }),
  );
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 24 }), (list) => {
      const boxes = Float64Array.from(list.flatMap(([x, y, w, h]) => [x, y, x + w, y + h]));
      const scores = list.map((b) => b[4]);
      const kept = [...nms(boxes, scores, { iouThreshold: 0.4 })];
      const t = tensor(boxes, { shape: [list.length, 4] });
      const iou = boxIou(t, t).dataSync();
      const above = (i: number, k: number): boolean => (iou[i * list.length + k] as number) > 0.4;
      for (let i = 0; i < list.length; i++) {
        const better = kept.filter(
          (k) => k !== i && ((scores[k] as number) > (scores[i] as number) || (scores[k] === scores[i] && k < i)),
        );
        expect(better.some((k) => above(i, k))).toBe(!kept.includes(i));
      }
    }),
    { numRuns: 200 },
  );
});

test("misuse", () => {
  expect(() => nms([0, 0, 1], [1])).toThrow(ShapeError);
  expect(() => nms(unit, [1], { classes: [1, 2] })).toThrow(/1 scores, 2 classes/);
  expect(() => nms(unit, [Number.NaN])).toThrow(/score 0 is NaN/);
  expect(() => nms(unit, [1], { iouThreshold: 2, max: -1 })).toThrow(OptionError);
  expect(() => nms(unit, [1], { threshold: 0.5 } as object)).toThrow(/unknown option "threshold"/);
});
