/** Crops, flips and shifts: against the definition, pixel by pixel. */

import { OptionError, ShapeError } from "@prewitt/core";
import {
  augment,
  dataset,
  type ImageStep,
  loader,
  type NdArray,
  ndArray,
  randomAffine,
  randomChannels,
  randomCrop,
  randomErase,
  randomFlip,
  randomInvert,
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

  it("leaves the bytes of a file, which are a Buffer, as they were", () => {
    const image = ndArray(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) as Uint8Array, [3, 2, 2]);
    const before = [...image.data];
    const steps = [randomFlip, randomErase, randomInvert, randomChannels].map((step) => step({ probability: 1 }));
    for (const step of steps) {
      for (let i = 0; i < 5; i++) step(image, new SampleRandom(0, 0, i));
      expect([...image.data]).toEqual(before);
    }
  });

  it("keeps dtypes and fills with what is asked", () => {
    const image = ndArray(Float32Array.of(0.5), [1, 1, 1]);
    const cropped = randomCrop({ size: 3, padding: 2, fill: -1 })(image, new SampleRandom(0, 0, 0));
    expect(cropped.data).toBeInstanceOf(Float32Array);
    expect([...cropped.data].filter((v) => v === -1).length).toBeGreaterThanOrEqual(8);
  });
});

describe("affine", () => {
  const size = 21;
  /** A plane of slope (2, 1) across rows and columns: bilinear interpolation keeps planes. */
  const plane = ndArray(
    Float64Array.from({ length: size * size }, (_, i) => 2 * Math.floor(i / size) + (i % size)),
    [1, size, size],
  );
  /** Value and slopes at the centre, where nothing from outside the image reaches. */
  const centre = (image: NdArray) => {
    const c = (size - 1) / 2;
    const value = at(image, 0, c, c);
    return { value, down: at(image, 0, c + 1, c) - value, right: at(image, 0, c, c + 1) - value };
  };

  it("without options the image stays as it is", () => {
    const image = counting(2, 4, 5);
    expect(randomAffine({})(image, new SampleRandom(0, 0, 0))).toEqual(image);
  });

  it("a turn keeps the steepness and the centre, and stays within ±degrees", () => {
    const angles = Array.from({ length: 60 }, (_, i) => {
      const { value, down, right } = centre(randomAffine({ degrees: 30 })(plane, new SampleRandom(5, 0, i)));
      expect(value).toBeCloseTo(30, 10);
      expect(Math.hypot(down, right)).toBeCloseTo(Math.sqrt(5), 10);
      return ((Math.atan2(down, right) - Math.atan2(2, 1)) * 180) / Math.PI;
    });
    expect(Math.max(...angles)).toBeLessThanOrEqual(30);
    expect(Math.max(...angles)).toBeGreaterThan(20);
    expect(Math.min(...angles)).toBeLessThan(-20);
  });

  it("a larger image is less steep, a sheared one leans, a moved one is as much darker", () => {
    const random = () => new SampleRandom(1, 2, 3);
    expect(centre(randomAffine({ scale: [2, 2] })(plane, random()))).toMatchObject({ value: 30, down: 1, right: 0.5 });
    const sheared = centre(randomAffine({ shear: 20 })(plane, random()));
    expect(sheared.right).toBeCloseTo(1, 10);
    expect(sheared.down).not.toBeCloseTo(2, 2);
    const moved = centre(randomAffine({ shift: 3 })(plane, random()));
    expect(moved.down).toBeCloseTo(2, 10);
    expect(Math.abs(moved.value - 30)).toBeLessThanOrEqual(9);
    expect(moved.value).not.toBeCloseTo(30, 3);
  });

  it("rounds bytes and fills from outside", () => {
    const white = ndArray(new Uint8Array(25).fill(200), [1, 5, 5]);
    const small = randomAffine({ scale: [0.5, 0.5], fill: 10 })(white, new SampleRandom(0, 0, 0));
    expect(small.data).toBeInstanceOf(Uint8Array);
    expect(at(small, 0, 2, 2)).toBe(200);
    expect(at(small, 0, 0, 0)).toBe(10);
  });
});

describe("erase", () => {
  it("covers one rectangle of the asked area and ratio in every channel", () => {
    fc.assert(
      fc.property(anyEpoch, (epoch) => {
        const image = counting(2, 12, 10);
        const erased = randomErase({ probability: 1, area: [0.1, 0.4], ratio: [0.5, 2] })(
          image,
          new SampleRandom(7, epoch, 0),
        );
        const covered = [...erased.data].flatMap((v, i) => (v === 0 ? [i % 120] : []));
        const rows = covered.map((i) => Math.floor(i / 10));
        const columns = covered.map((i) => i % 10);
        const height = Math.max(...rows) - Math.min(...rows) + 1;
        const width = Math.max(...columns) - Math.min(...columns) + 1;
        expect(covered.length).toBe(2 * height * width);
        // Extents are rounded, so a side is up to half a pixel off.
        expect((height - 0.5) * (width - 0.5)).toBeLessThanOrEqual(0.4 * 120);
        expect((height + 0.5) * (width + 0.5)).toBeGreaterThanOrEqual(0.1 * 120);
        expect((height - 0.5) / (width + 0.5)).toBeLessThanOrEqual(2);
      }),
    );
  });

  it("as often as asked, and what does not fit is left out", () => {
    const image = counting(1, 8, 8);
    const erased = Array.from({ length: 400 }, (_, i) =>
      randomErase({ probability: 0.25 })(image, new SampleRandom(3, 0, i)).data.includes(0),
    );
    expect(Math.abs(erased.filter(Boolean).length - 100)).toBeLessThan(40);
    const thin = randomErase({ probability: 1, area: [1, 1], ratio: [4, 4] });
    expect(thin(image, new SampleRandom(0, 0, 0))).toBe(image);
  });
});

describe("colours", () => {
  it("channels come in every order, each of them about as often, with their pixels untouched", () => {
    const image = counting(3, 2, 3);
    const orders = new Map<string, number>();
    for (let i = 0; i < 600; i++) {
      const { data, shape } = randomChannels()(image, new SampleRandom(1, 0, i));
      expect(shape).toEqual([3, 2, 3]);
      const planes = [0, 1, 2].map((c) => data.subarray(6 * c, 6 * c + 6));
      const order = planes.map((plane) => ((plane[0] as number) - 1) / 6);
      planes.forEach((plane, c) => {
        expect(plane).toEqual(image.data.subarray(6 * (order[c] as number), 6 * (order[c] as number) + 6));
      });
      orders.set(order.join(""), (orders.get(order.join("")) ?? 0) + 1);
    }
    expect([...orders.keys()].sort()).toEqual(["012", "021", "102", "120", "201", "210"]);
    for (const [order, times] of orders) expect(Math.abs(times - 100), order).toBeLessThan(40);
    expect(randomChannels({ probability: 0 })(image, new SampleRandom(1, 0, 0))).toBe(image);
  });

  it("a negative takes every value from white, and the image itself stays", () => {
    const image = counting(3, 2, 3);
    const negative = randomInvert({ probability: 1 })(image, new SampleRandom(1, 0, 0));
    expect(negative.data).toEqual(image.data.map((v) => 255 - v));
    expect(image.data[0]).toBe(1);
    const unit = ndArray(Float32Array.from([0, 0.25, 1]), [1, 1, 3]);
    const turned = randomInvert({ probability: 1, white: 1 })(unit, new SampleRandom(1, 0, 0));
    expect(Array.from(turned.data)).toEqual([1, 0.75, 0]);
    const changed = Array.from({ length: 400 }, (_, i) => randomInvert()(image, new SampleRandom(1, 0, i)) !== image);
    expect(Math.abs(changed.filter(Boolean).length - 200)).toBeLessThan(50);
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
  it("colours", () => {
    expect(() => randomChannels({ probability: 2 })).toThrow("probability 2 is not possible");
    expect(() => randomInvert({ probability: Number.NaN })).toThrow(OptionError);
    expect(() => randomInvert({ white: 0 })).toThrow("white 0 is not possible");
    const unit = ndArray(Float32Array.of(0, 1), [1, 1, 2]);
    expect(() => randomInvert()(unit, new SampleRandom(1, 0, 0))).toThrow("pass white: 1 for pixels of 0 … 1");
    expect(() => randomInvert({ black: 0 } as object)).toThrow(OptionError);
    expect(() => randomInvert()(ndArray(new Uint8Array(4), [2, 2]), new SampleRandom(1, 0, 0))).toThrow(ShapeError);
  });

  it("options", () => {
    expect(() => randomCrop({ size: 0 })).toThrow("size 0 is not possible");
    expect(() => randomCrop({ size: 3, padding: -1 })).toThrow(OptionError);
    expect(() => randomShift({ by: 0.5 })).toThrow("an integer of 0 or more");
    expect(() => randomFlip({ probability: 2 })).toThrow("a probability of 0 … 1");
    expect(() => randomFlip({ direction: "up" as "vertical" })).toThrow('direction: "horizontal" or "vertical"');
    expect(() => randomAffine({ degrees: -1 })).toThrow("degrees -1 is not possible");
    expect(() => randomAffine({ scale: [1.1, 0.9] })).toThrow("scale: [0.9, 1.1]");
    expect(() => randomErase({ area: [0, 0.5] })).toThrow("area [0, 0.5] is not possible");
    expect(() => randomErase({ ratio: [2, 1] })).toThrow("ratio: [0.3, 3.3]");
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
