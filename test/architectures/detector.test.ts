// The detector: its network and loss against PyTorch's, boxes through assignment and decoding and back, errors, and scenes
// of rectangles that it learns to find.

import { clusterAnchors, Yolo, type YoloTargets } from "@prewitt/models";
import fc from "fast-check";
import { compile, DataError, grad, nn, OptionError, ShapeError, seed, type Tensor, tensor } from "prewitt";
import { describe, expect, test } from "vitest";
import { drawImage, fill, goldens, parameterCount, signatureOf, useOneThread, withoutDrawing } from "./draw.ts";

useOneThread();

/** Rows of equal number for every image; label −1 where there is no box. */
function listed(boxes: readonly (readonly number[][])[], labels: readonly (readonly number[])[]): [Tensor, Tensor] {
  const rows = Math.max(1, ...labels.map((own) => own.length));
  const corners = boxes.flatMap((own) => Array.from({ length: rows }, (_, i) => own[i] ?? [0, 0, 0, 0])).flat();
  const classes = labels.flatMap((own) => Array.from({ length: rows }, (_, i) => own[i] ?? -1));
  return [
    tensor(Float32Array.from(corners), { shape: [boxes.length, rows, 4] }),
    tensor(Int32Array.from(classes), { shape: [boxes.length, rows] }),
  ];
}

describe("against PyTorch", () => {
  const golden = goldens.detector;
  const model = withoutDrawing(() => nn.init(new Yolo(golden.options), golden.input.slice(1)));
  fill(model);
  model.eval();

  test("parameters, names and predictions", () => {
    expect(parameterCount(model)).toBe(golden.parameters);
    expect(signatureOf(model)).toBe(golden.names);
    const prediction = model.forward(drawImage(golden.input));
    expect(prediction.shape).toEqual(golden.prediction.shape);
    const worst = Math.max(
      ...Array.from(prediction.dataSync(), (v, i) => Math.abs(v - (golden.prediction.data[i] ?? Number.NaN))),
    );
    expect(worst).toBeLessThan(1e-4);
  });

  test("the terms of the loss", () => {
    const prediction = tensor(Float32Array.from(golden.prediction.data), { shape: [...golden.prediction.shape] });
    const targets = model.assign(...listed(golden.boxes, golden.labels), [64, 96]);
    expect(targets.unassigned).toBe(0);
    const terms = model.lossTerms(prediction, targets);
    for (const name of ["box", "objectness", "label"] as const) {
      expect(terms[name].itemSync() / golden.terms[name], name).toBeCloseTo(1, 5);
    }
    const weighted = model.loss(prediction, targets, { box: 2, objectness: 3, label: 4 }).itemSync();
    expect(weighted / (2 * golden.terms.box + 3 * golden.terms.objectness + 4 * golden.terms.label)).toBeCloseTo(1, 5);
  });
});

const anchors = [
  [12, 20],
  [30, 30],
  [50, 24],
] as const;
const make = (): Yolo => new Yolo({ classes: 3, anchors, stride: 8 });

/** Raw predictions that say exactly what the targets say. */
function perfect({ objectness, offset, label }: YoloTargets, classes: number): Tensor {
  const [n, a, rows, columns] = objectness.shape as [number, number, number, number];
  const cells = rows * columns;
  const data = new Float32Array(n * a * (5 + classes) * cells).fill(-20);
  const [found, offsets, labels] = [objectness.dataSync(), offset.dataSync(), label.dataSync()];
  const logit = (p: number): number => Math.log(p / (1 - p));
  for (let i = 0; i < n * a; i++) {
    for (let cell = 0; cell < cells; cell++) {
      if (found[i * cells + cell] === 0) continue;
      const put = (channel: number, value: number): void => {
        data[(i * (5 + classes) + channel) * cells + cell] = value;
      };
      const at = (channel: number): number => offsets[(4 * i + channel) * cells + cell] as number;
      put(0, logit(at(0)));
      put(1, logit(at(1)));
      put(2, at(2));
      put(3, at(3));
      put(4, 20);
      put(5 + (labels[i * cells + cell] as number), 20);
    }
  }
  return tensor(data, { shape: [n, a, 5 + classes, rows, columns] });
}

describe("assignment and decoding", () => {
  const object = fc.record({
    column: fc.integer({ min: 0, max: 11 }),
    row: fc.integer({ min: 0, max: 7 }),
    across: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    down: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    width: fc.double({ min: 6, max: 60, noNaN: true }),
    height: fc.double({ min: 6, max: 60, noNaN: true }),
    label: fc.integer({ min: 0, max: 2 }),
  });
  // At most one object in each column of cells, so that no two share a cell.
  const scene = fc.uniqueArray(object, { maxLength: 5, selector: ({ column }) => column });

  test("decode gives back the boxes that assign was given", async () => {
    const model = make();
    await fc.assert(
      fc.asyncProperty(fc.array(scene, { minLength: 1, maxLength: 3 }), async (scenes) => {
        const boxes = scenes.map((own) =>
          own.map(({ column, row, across, down, width, height }) => {
            const [cx, cy] = [8 * (column + across), 8 * (row + down)];
            // Inside of the image of 96×64, so that decoding clips nothing.
            const [w, h] = [Math.min(width, 2 * cx, 2 * (96 - cx)), Math.min(height, 2 * cy, 2 * (64 - cy))];
            return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
          }),
        );
        const targets = model.assign(
          ...listed(
            boxes,
            scenes.map((own) => own.map((o) => o.label)),
          ),
          [64, 96],
        );
        const found = await model.decode(perfect(targets, 3), { iouThreshold: 1 });
        expect(targets.unassigned).toBe(0);
        found.forEach((image, n) => {
          expect(image.classes.length).toBe(scenes[n]?.length);
          scenes[n]?.forEach(({ label }, k) => {
            const same = Array.from(image.classes, (found, row) => {
              const box = image.boxes.subarray(4 * row, 4 * row + 4);
              return found === label && box.every((v, i) => Math.abs(v - (boxes[n]?.[k]?.[i] ?? Number.NaN)) < 1e-2);
            });
            expect(same, `box ${k} of image ${n}`).toContain(true);
          });
        });
      }),
      { numRuns: 30 },
    );
  });

  test("a box whose anchor is taken gets the next best, and the last ones are counted", () => {
    const box = [20, 20, 32, 40];
    const { unassigned, objectness, label } = make().assign(
      ...listed([[box, box, box, box]], [[2, 1, 0, 0]]),
      [64, 64],
    );
    expect(unassigned).toBe(1);
    expect(objectness.sum().itemSync()).toBe(3);
    const cell = 3 * 8 + 3;
    expect([0, 1, 2].map((a) => label.dataSync()[64 * a + cell])).toEqual([2, 1, 0]);
  });

  test("anchors that nearly cover a box are left out of the loss", () => {
    const scene = listed([[[11, 24, 61, 48]]], [[1]]);
    const { counted, objectness } = make().assign(...scene, [64, 64]);
    const at = (column: number): number => 2 * 64 + 4 * 8 + column;
    expect(objectness.dataSync()[at(4)]).toBe(1);
    // A shift of one cell leaves 42 of 50 columns: 0.72 of the union; of three cells, 26: 0.35.
    expect([1, 2, 3, 4, 5, 6, 7].map((column) => counted.dataSync()[at(column)])).toEqual([1, 0, 0, 1, 0, 0, 1]);
    const all = make().assign(...scene, [64, 64], { ignoreOverlap: 1 });
    expect(all.counted.dataSync().every((v) => v === 1)).toBe(true);
  });

  test("what is left out is what a comparison of every anchor with every box leaves out", () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    const factor = fc.double({ min: 0.6, max: 1.6, noNaN: true });
    const box = fc.tuple(place, place, fc.constantFrom(...anchors), factor, factor).map(([x, y, [aw, ah], fw, fh]) => {
      const [cx, cy, w, h] = [95.9 * x, 63.9 * y, fw * aw, fh * ah];
      return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2].map(Math.fround) as [number, number, number, number];
    });
    const limit = fc.constantFrom(0, 0.2, 0.5, 0.7, 1);
    fc.assert(
      fc.property(fc.array(box, { maxLength: 4 }), limit, (boxes, ignoreOverlap) => {
        const scene = listed([boxes], [boxes.map(() => 0)]);
        const { counted, objectness } = make().assign(...scene, [64, 96], { ignoreOverlap });
        const [kept, assigned] = [counted.dataSync(), objectness.dataSync()];
        anchors.forEach(([aw, ah], a) => {
          for (let cell = 0; cell < 96; cell++) {
            const [ax, ay] = [8 * (cell % 12) + 4, 8 * Math.floor(cell / 12) + 4];
            const overlaps = boxes.map(([x1, y1, x2, y2]) => {
              const across = Math.min(ax + aw / 2, x2) - Math.max(ax - aw / 2, x1);
              const down = Math.min(ay + ah / 2, y2) - Math.max(ay - ah / 2, y1);
              const both = Math.max(0, across) * Math.max(0, down);
              return both / (aw * ah + (x2 - x1) * (y2 - y1) - both);
            });
            const most = Math.max(0, ...overlaps);
            if (Math.abs(most - ignoreOverlap) < 1e-9 && most > 0) continue;
            const at = 96 * a + cell;
            expect(kept[at]).toBe(assigned[at] === 1 || most <= ignoreOverlap ? 1 : 0);
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  test("anchors cluster the sizes", () => {
    const sizes = [10, 11, 9, 30, 31, 29].map((w) => [w, 2 * w] as const);
    expect(clusterAnchors(sizes, 2)).toEqual([
      [10, 20],
      [30, 60],
    ]);
    expect(() => clusterAnchors(sizes, 7)).toThrow(OptionError);
  });
});

describe("errors", () => {
  const model = make();
  const one = (box: number[], label: number) => () => model.assign(...listed([[box]], [[label]]), [64, 64]);

  test("boxes that cannot be assigned", () => {
    expect(one([10, 10, 10, 20], 0)).toThrow(DataError);
    expect(one([10, 10, 10, 20], 0)).toThrow("box [10, 10, 10, 20] has no area");
    expect(one([60, 10, 90, 20], 0)).toThrow("its centre (75, 15) lies outside of the image of 64×64 pixels");
    expect(one([10, 10, 20, 20], 3)).toThrow("label 3 is outside 0 … 2");
  });

  test("sizes that do not fit the stride", () => {
    expect(() => model.assign(...listed([[]], [[]]), [60, 64])).toThrow(ShapeError);
    expect(() => nn.init(make(), [3, 60, 64])).toThrow("resize or pad it to 64×64");
    const backbone = new nn.Conv2d({ out: 8, kernel: 3, stride: 4, padding: 1 });
    expect(() => nn.init(new Yolo({ backbone, stride: 8 }), [3, 64, 64])).toThrow("write stride: 4");
  });

  test("options", () => {
    expect(() => new Yolo({ stride: 12 })).toThrow("write stride: 16, or give a backbone");
    expect(() => new Yolo({ anchors: [] })).toThrow("anchors must be pairs");
    expect(() => model.assign(...listed([[]], [[]]), [64, 64], { ignoreOverlap: -1 })).toThrow("from 0 to 1, got -1");
    expect(() => model.loss(tensor([0]), {} as YoloTargets, { boxes: 1 } as object)).toThrow('write "box"');
  });
});

/** Four scenes of bright rectangles on a dark ground; the class is the colour. */
function rectangles(): { images: Tensor; boxes: number[][][]; labels: number[][] } {
  const boxes = [
    [
      [4, 6, 20, 30],
      [36, 30, 60, 52],
    ],
    [[30, 8, 56, 30]],
    [
      [8, 36, 24, 60],
      [40, 4, 56, 28],
    ],
    [[16, 20, 44, 44]],
  ];
  const labels = [[0, 1], [2], [2, 0], [1]];
  const data = new Float32Array(4 * 3 * 64 * 64).fill(-1);
  boxes.forEach((own, n) => {
    own.forEach(([x1, y1, x2, y2], k) => {
      const plane = (3 * n + (labels[n]?.[k] as number)) * 64 * 64;
      for (let y = y1 as number; y < (y2 as number); y++)
        data.fill(1, plane + 64 * y + (x1 as number), plane + 64 * y + (x2 as number));
    });
  });
  return { images: tensor(data, { shape: [4, 3, 64, 64] }), boxes, labels };
}

test("it learns to find rectangles", { timeout: 240_000 }, async () => {
  seed(1);
  const model = nn.init(
    new Yolo({
      classes: 3,
      anchors: [
        [18, 24],
        [26, 24],
      ],
      width: 0.5,
    }),
    [3, 64, 64],
  );
  const optimizer = new nn.Adam(model.parameters(), { learningRate: 5e-3 });
  const step = compile((images: Tensor, targets: YoloTargets) => {
    const loss = model.loss(model.forward(images), targets);
    optimizer.step(grad(loss, model.parameters()));
    return loss;
  });
  const { images, boxes, labels } = rectangles();
  const targets = model.assign(...listed(boxes, labels), [64, 64]);
  for (let i = 0; i < 120; i++) step(images, targets);
  const found = await model.eval().decode(model.forward(images), { scoreThreshold: 0.5 });
  found.forEach((image, n) => {
    const wanted = labels[n] as number[];
    expect([...image.classes].sort(), `labels of scene ${n}`).toEqual([...wanted].sort());
    wanted.forEach((label, k) => {
      const at = image.classes.indexOf(label);
      const off = (boxes[n]?.[k] ?? []).map((value, i) => Math.abs(value - (image.boxes[4 * at + i] ?? Number.NaN)));
      expect(Math.max(...off), `box ${k} of scene ${n}`).toBeLessThan(3);
    });
  });
  expect(step.traces).toBe(1);
});
