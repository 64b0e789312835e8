/** Crops, flips and shifts: against the definition, pixel by pixel. */

import { OptionError, ShapeError } from "@prewitt/core";
import {
  augment,
  dataset,
  type ImageStep,
  loader,
  type NdArray,
  ndArray,
  randomCrop,
  randomFlip,
  randomShift,
  SampleRandom,
} from "@prewitt/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Pixels that are all different and never 0: 1, 2, 3, … */
function counting(c: number, h: number, w: number): NdArray<Uint8Array> {
  return ndArray(
    Uint8Array.from({ length: c * h * w }, (_, i) => i + 1),
    [c, h, w],
  );
}

function at(image: NdArray, c: number, y: number, x: number): number {
  const [, h, w] = image.shape as [number, number, number];
  return y < 0 || y >= h || x < 0 || x >= w ? 0 : (image.data[(c * h + y) * w + x] as number);
}

const anyImage = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 1, max: 6 }),
);
const anyEpoch = fc.integer({ min: 0, max: 1000 });

/** Whether `result` is `image` moved by one of the offsets in the range, with 0 outside. */
function isWindow(
  image: NdArray,
  result: NdArray,
  tops: readonly [number, number],
  lefts: readonly [number, number],
): boolean {
  const [c, h, w] = result.shape as [number, number, number];
  for (let top = tops[0]; top <= tops[1]; top++) {
    for (let left = lefts[0]; left <= lefts[1]; left++) {
      let same = true;
      for (let k = 0; k < c * h * w && same; k++) {
        const y = Math.floor(k / w) % h;
        same = result.data[k] === at(image, Math.floor(k / (h * w)), y + top, (k % w) + left);
      }
      if (same) return true;
    }
  }
  return false;
}

describe("steps", () => {
  it("a shift is a window of the same size within ±by", () => {
    fc.assert(
      fc.property(anyImage, fc.integer({ min: 0, max: 4 }), anyEpoch, ([c, h, w], by, epoch) => {
        const image = counting(c, h, w);
        const moved = randomShift({ by })(image, new SampleRandom(1, epoch, 0));
        expect(moved.shape).toEqual([c, h, w]);
        expect(isWindow(image, moved, [-by, by], [-by, by])).toBe(true);
      }),
    );
  });

  it("a crop is a window of the padded image", () => {
    fc.assert(
      fc.property(anyImage, fc.integer({ min: 0, max: 2 }), anyEpoch, ([c, h, w], padding, epoch) => {
        const image = counting(c, h, w);
        const size = [Math.max(1, h - 1), w + padding] as const;
        const cropped = randomCrop({ size, padding })(image, new SampleRandom(1, epoch, 0));
        expect(cropped.shape).toEqual([c, ...size]);
        const tops = [-padding, h + padding - size[0]] as const;
        expect(isWindow(image, cropped, tops, [-padding, padding - padding])).toBe(true);
      }),
    );
  });

  it("a flip mirrors the rows or the columns of every channel", () => {
    fc.assert(
      fc.property(anyImage, fc.boolean(), ([c, h, w], horizontal) => {
        const image = counting(c, h, w);
        const direction = horizontal ? "horizontal" : "vertical";
        const flipped = randomFlip({ direction, probability: 1 })(image, new SampleRandom(0, 0, 0));
        for (let ch = 0; ch < c; ch++) {
          for (let y = 0; y < h; y++) {
            for (let x = 0; x < w; x++) {
              const expected = horizontal ? at(image, ch, y, w - 1 - x) : at(image, ch, h - 1 - y, x);
              expect(at(flipped, ch, y, x)).toBe(expected);
            }
          }
        }
      }),
    );
  });

  it("flips about as often as asked", () => {
    const image = counting(1, 1, 2);
    const flips = Array.from(
      { length: 1000 },
      (_, i) => randomFlip({ probability: 0.25 })(image, new SampleRandom(3, 0, i)).data[0] === 2,
    );
    // 250 expected; the standard deviation is 13.7.
    expect(Math.abs(flips.filter(Boolean).length - 250)).toBeLessThan(70);
  });

  it("reaches every place, and leaves the sample as it was", () => {
    const image = counting(1, 3, 3);
    const before = [...image.data];
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) seen.add([...randomShift({ by: 1 })(image, new SampleRandom(0, 0, i)).data].join());
    expect(seen.size).toBe(9);
    randomFlip({ probability: 1 })(image, new SampleRandom(0, 0, 0));
    expect([...image.data]).toEqual(before);
  });

  it("keeps dtypes and fills with what is asked", () => {
    const image = ndArray(Float32Array.of(0.5), [1, 1, 1]);
    const cropped = randomCrop({ size: 3, padding: 2, fill: -1 })(image, new SampleRandom(0, 0, 0));
    expect(cropped.data).toBeInstanceOf(Float32Array);
    expect([...cropped.data].filter((v) => v === -1).length).toBeGreaterThanOrEqual(8);
  });
});

describe("augment", () => {
  it("chains steps and leaves the other fields alone", async () => {
    const half: ImageStep = ({ data, shape }) =>
      ndArray(
        Uint8Array.from(data, (v) => v / 2),
        shape,
      );
    const data = dataset([{ image: ndArray(Uint8Array.of(8, 4), [1, 1, 2]), label: 3 }]);
    const batches = loader(data, { batch: 1, transform: augment(half, randomFlip({ probability: 1 }), half) });
    for await (const { image, label } of batches) {
      expect([...(await image.data())]).toEqual([1, 2]);
      expect(await label.item()).toBe(3);
    }
  });
});

describe("wrong use", () => {
  it("options", () => {
    expect(() => randomCrop({ size: 0 })).toThrow("size 0 is not possible");
    expect(() => randomCrop({ size: 3, padding: -1 })).toThrow(OptionError);
    expect(() => randomShift({ by: 0.5 })).toThrow("an integer of 0 or more");
    expect(() => randomFlip({ probability: 2 })).toThrow("a probability of 0 … 1");
    expect(() => randomFlip({ direction: "up" as "vertical" })).toThrow('direction: "horizontal" or "vertical"');
    expect(() => randomShift({ by: 1, pad: 2 } as { by: number })).toThrow('unknown option "pad"');
  });

  it("images that do not fit", () => {
    const random = new SampleRandom(0, 0, 0);
    expect(() => randomCrop({ size: 32 })(counting(1, 6, 5), random)).toThrow(ShapeError);
    expect(() => randomCrop({ size: 8 })(counting(1, 6, 5), random)).toThrow(
      /C=1, H=6, W=5[\s\S]*padding: 2 or a smaller size/,
    );
    expect(() => randomShift({ by: 1 })(ndArray(new Uint8Array(4), [2, 2]), random)).toThrow(
      "an image has the shape [C, H, W]",
    );
  });
});
