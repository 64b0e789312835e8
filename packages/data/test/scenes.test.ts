/** Composed scenes: boxes, labels and masks agree with each other and with what was pasted. */

import { DataError, OptionError } from "@prewitt/core";
import { dataset, loader, ndArray, type Scene, type SceneOptions, scenes } from "@prewitt/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Items of three classes: full squares of 6, 8 and 10 pixels in a picture of 12. */
const squares = dataset(
  [0, 1, 2].map((label) => {
    const data = new Uint8Array(144);
    const side = 6 + 2 * label;
    const from = (12 - side) / 2;
    for (let y = from; y < from + side; y++) data.fill(255, y * 12 + from, y * 12 + from + side);
    return { image: ndArray(data, [1, 12, 12]), label };
  }),
);
const grey = ndArray(new Uint8Array(400).fill(100), [1, 20, 20]);
const ramp = ndArray(
  Uint8Array.from({ length: 1200 }, (_, i) => i % 256),
  [3, 20, 20],
);
const base: SceneOptions = { items: squares, backgrounds: [grey, ramp], samples: 50, size: 40, seed: 3 };

function itemsOf({ boxes, labels }: Scene): { label: number; box: [number, number, number, number] }[] {
  return [...labels.data].flatMap((label, k) =>
    label < 0 ? [] : [{ label, box: [...boxes.data.subarray(4 * k, 4 * k + 4)] as [number, number, number, number] }],
  );
}

describe("scenes", () => {
  it("every box is the tightest around its class in the mask, where items do not overlap", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (seed) => {
        const scene = scenes({ ...base, seed, overlap: 0 }).get(seed % 50);
        const items = itemsOf(scene);
        expect(items.length).toBeGreaterThanOrEqual(1);
        let inside = 0;
        for (const { label, box } of items) {
          const [left, top, right, bottom] = box;
          const rows = new Set<number>();
          const columns = new Set<number>();
          for (let y = top; y < bottom; y++) {
            for (let x = left; x < right; x++) {
              if (scene.mask.data[y * 40 + x] !== label + 1) continue;
              rows.add(y);
              columns.add(x);
              inside++;
            }
          }
          expect([Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1]).toEqual(
            box,
          );
        }
        // Nothing of an item lies outside all boxes.
        expect(scene.mask.data.reduce((n, v) => n + (v > 0 ? 1 : 0), 0)).toBe(inside);
      }),
      { numRuns: 40 },
    );
  });

  it("sizes follow the scale, and items without a turn keep their form", () => {
    const data = scenes({ ...base, count: [1, 1], scale: [2, 2], degrees: 0 });
    for (let i = 0; i < 20; i++) {
      const [{ label, box }] = itemsOf(data.get(i)) as [ReturnType<typeof itemsOf>[number]];
      const side = 2 * (6 + 2 * label);
      expect(Math.abs(box[2] - box[0] - side)).toBeLessThanOrEqual(2);
      expect(box[3] - box[1]).toBe(box[2] - box[0]);
    }
  });

  it("items stand out by brightness, and the rest is the photograph", () => {
    const { image, mask } = scenes({ ...base, backgrounds: [grey], count: [1, 1] }).get(0);
    const mean = (of: (value: number) => boolean): number => {
      const chosen = [...mask.data].flatMap((v, i) => (of(v) ? [i] : []));
      return (
        chosen.reduce(
          (sum, i) => sum + ((image.data[i] ?? 0) + (image.data[1600 + i] ?? 0) + (image.data[3200 + i] ?? 0)) / 3,
          0,
        ) / chosen.length
      );
    };
    expect(Math.abs(mean((v) => v > 0) - mean((v) => v === 0))).toBeGreaterThan(60);
  });

  it("backgrounds are windows of a photograph, mirrored and turned by quarters", () => {
    // Red tells the column of the photograph, green the row.
    const place = (of: (x: number, y: number) => number): number[] =>
      Array.from({ length: 900 }, (_, i) => 60 + 4 * of(i % 30, Math.floor(i / 30)));
    const photograph = ndArray(
      Uint8Array.from([...place((x) => x), ...place((_, y) => y), ...place(() => 0)]),
      [3, 30, 30],
    );
    const data = scenes({ ...base, backgrounds: [photograph], count: [1, 1], scale: [0.3, 0.3] });
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const { image, mask } = data.get(i);
      // A row and a column well away from the item, which has soft edges, tell what each colour grows along.
      const clean = (at: (k: number, j: number) => number): number =>
        Array.from({ length: 40 }, (_, k) => k).find((k) =>
          Array.from({ length: 40 }, (_, j) => j).every((j) =>
            [-3, -2, -1, 0, 1, 2, 3].every((d) => !mask.data[at(Math.min(39, Math.max(0, k + d)), j)]),
          ),
        ) as number;
      const inRow = (k: number, j: number): number => k * 40 + j;
      const inColumn = (k: number, j: number): number => j * 40 + k;
      const growth = (channel: number, at: (k: number, j: number) => number): number => {
        const k = clean(at);
        const values = Array.from({ length: 40 }, (_, j) => image.data[channel * 1600 + at(k, j)] as number);
        const steps = values.slice(1).map((value, j) => Math.sign(value - (values[j] as number)));
        const signs = new Set(steps.filter((step) => step !== 0));
        expect(signs.size).toBeLessThanOrEqual(1);
        return [...signs][0] ?? 0;
      };
      const [redAcross, redDown] = [growth(0, inRow), growth(0, inColumn)];
      const [greenAcross, greenDown] = [growth(1, inRow), growth(1, inColumn)];
      expect([redAcross === 0, greenAcross === 0]).toEqual([redDown !== 0, greenDown !== 0]);
      expect(redAcross === 0).not.toBe(greenAcross === 0);
      seen.add([redAcross, redDown, greenAcross, greenDown].join());
    }
    expect(seen.size).toBe(8);
  });

  it("pictures keep their shades, ink is even", () => {
    const shaded = dataset([
      {
        image: ndArray(
          Uint8Array.from({ length: 144 }, (_, i) => (i % 12 < 6 ? 80 : 240)),
          [1, 12, 12],
        ),
        label: 0,
      },
    ]);
    const spread = (paint: "ink" | "picture"): number => {
      const options = { ...base, items: shaded, backgrounds: [grey], count: [1, 1] as const, degrees: 0, seed: 8 };
      const { image, mask } = scenes({ ...options, scale: [1, 1], paint }).get(2);
      const covered = [...mask.data].flatMap((v, i) => (v > 0 ? [image.data[i] as number] : []));
      return covered.length;
    };
    // As ink, the dark half covers too little to belong to the item.
    expect(spread("picture")).toBeGreaterThan(1.8 * spread("ink"));
  });

  it("clutter lies behind the items and has no label", () => {
    const plain = scenes({ ...base, backgrounds: [grey], count: [1, 1] });
    const cluttered = scenes({ ...base, backgrounds: [grey], count: [1, 1], clutter: [3, 3] });
    const colours = (scene: Scene): number => {
      const rest = [...scene.mask.data].flatMap((v, i) => (v > 0 ? [] : [scene.image.data[i] as number]));
      return new Set(rest).size;
    };
    const sum = (data: { get(i: number): Scene }, of: (scene: Scene) => number): number =>
      Array.from({ length: 10 }, (_, i) => of(data.get(i))).reduce((a, b) => a + b, 0);
    expect(sum(cluttered, colours)).toBeGreaterThan(2 * sum(plain, colours));
    expect(sum(cluttered, (scene) => itemsOf(scene).length)).toBe(10);
    for (let i = 0; i < 10; i++) {
      const { mask, boxes, labels } = cluttered.get(i);
      const [left, top, right, bottom] = [...boxes.data.subarray(0, 4)] as [number, number, number, number];
      mask.data.forEach((value, at) => {
        const [x, y] = [at % 40, Math.floor(at / 40)];
        if (value > 0)
          expect([value, x >= left && x < right && y >= top && y < bottom]).toEqual([
            (labels.data[0] as number) + 1,
            true,
          ]);
      });
    }
  });

  it("the same seed and number give the same scene, in any order; others give others", () => {
    const [a, b] = [scenes(base), scenes(base)];
    const first = a.get(7);
    b.get(3);
    expect(b.get(7)).toEqual(first);
    expect(a.get(8).image.data).not.toEqual(first.image.data);
    expect(scenes({ ...base, seed: 4 }).get(7).image.data).not.toEqual(first.image.data);
  });

  it("come in batches", async () => {
    for await (const { image, boxes, labels, mask } of loader(scenes(base), { batch: 50 })) {
      expect([image.shape, boxes.shape, labels.shape, mask.shape]).toEqual([
        [50, 3, 40, 40],
        [50, 4, 4],
        [50, 4],
        [50, 40, 40],
      ]);
      expect([image.dtype, boxes.dtype, labels.dtype, mask.dtype]).toEqual(["uint8", "float32", "int32", "int32"]);
    }
  });

  it("wrong use", () => {
    expect(() => scenes({ ...base, size: 4, count: [2, 1], paint: "oil" as "ink" })).toThrow(
      /size is 4[\s\S]*count is \[2, 1\][\s\S]*paint is "oil"/,
    );
    expect(() => scenes({ ...base, clutter: [2, 1] })).toThrow("clutter is [2, 1], for instance [0, 3]");
    expect(() => scenes({ ...base, scale: [0, 1] })).toThrow(OptionError);
    expect(() => scenes({ ...base, backgrounds: [] })).toThrow("there are no backgrounds");
    expect(() => scenes({ ...base, backgrounds: [ndArray(new Uint8Array(4), [2, 2])] })).toThrow(DataError);
    expect(() => scenes({ ...base, colour: 1 } as SceneOptions)).toThrow('unknown option "colour"');
  });
});
