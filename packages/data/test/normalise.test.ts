/** Normalisation in the graph. */

import { DTypeError, grad, OptionError, tensor, zeros } from "@prewitt/core";
import { normalise } from "@prewitt/data";
import { describe, expect, it } from "vitest";

describe("normalise", () => {
  it("scales bytes to 0 … 1 and shifts by mean and std", async () => {
    const image = tensor(Uint8Array.of(0, 51, 255), { shape: [1, 1, 1, 3] });
    const y = normalise(image, { mean: 0.2, std: 0.4 });
    expect(y.dtype).toBe("float32");
    const values = [...(await y.data())];
    [-0.5, 0, 2].forEach((expected, i) => {
      expect(values[i]).toBeCloseTo(expected, 6);
    });
  });

  it("takes one mean and std per channel, with or without a batch", async () => {
    const pixels = Uint8Array.of(255, 255, 0, 0);
    const options = { mean: [0.5, 0], std: [0.5, 2] };
    for (const shape of [
      [1, 2, 1, 2],
      [2, 1, 2],
    ]) {
      const y = normalise(tensor(pixels, { shape }), options);
      expect(y.shape).toEqual(shape);
      expect([...(await y.data())]).toEqual([1, 1, 0, 0]);
    }
  });

  it("leaves the scale of floats, and lets gradients through", async () => {
    const x = tensor([[[[1, 2]]]]);
    const y = normalise(x, { mean: 1, std: 0.5 });
    expect([...(await y.data())]).toEqual([0, 2]);
    expect([...(await grad(y.sum(), x).data())]).toEqual([2, 2]);
  });

  it("says what does not fit", () => {
    const image = zeros([4, 3, 8, 8], { dtype: "uint8" });
    expect(() => normalise(image, { mean: [0.5] })).toThrow("mean has 1 entries, the image 3 channels");
    expect(() => normalise(image, { std: 0 })).toThrow(OptionError);
    expect(() => normalise(image.cast("int32"))).toThrow(DTypeError);
    expect(() => normalise(image, { average: 1 } as object)).toThrow('unknown option "average"');
  });
});
