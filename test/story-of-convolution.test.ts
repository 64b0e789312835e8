/** The story of convolution as laws: what `examples/notebooks/1-what-a-convolution-sees.ts` shows on one picture holds for all. */

import fc from "fast-check";
import {
  conv2d,
  crossEntropy,
  flipKernel,
  grad,
  maxPool2d,
  nn,
  relu,
  seed,
  softmax,
  type Tensor,
  tensor,
} from "prewitt";
import { describe, expect, it } from "vitest";

const vertical = picture([
  [-1, 0, 1],
  [-1, 0, 1],
  [-1, 0, 1],
]);

function picture(rows: readonly (readonly number[])[]): Tensor {
  return tensor([[rows.map((row) => [...row])]]);
}

function filled(height: number, width: number, value: (i: number, j: number) => number): Tensor {
  return picture(Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => value(i, j))));
}

/** The picture moved down and right (up and left where negative), zeros coming in. */
function shift(x: Tensor, down: number, right: number): Tensor {
  const [, , h, w] = x.shape as [number, number, number, number];
  const [d, r] = [Math.max(0, down), Math.max(0, right)];
  const [u, l] = [Math.max(0, -down), Math.max(0, -right)];
  const padded = x.pad([
    [0, 0],
    [0, 0],
    [d, u],
    [r, l],
  ]);
  return padded.slice(null, null, [u, u + h], [l, l + w]);
}

/** Small integers, so that sums are exact and equality may be demanded. */
const anyPicture = (side: number) =>
  fc.array(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: side, maxLength: side }), {
    minLength: side,
    maxLength: side,
  });

describe("a filter looks for a pattern", () => {
  it("the vertical edge filter answers 3 × the step beside an edge and 0 elsewhere", () => {
    for (const [dark, bright, column] of [
      [0, 1, 3],
      [5, 2, 4],
    ] as const) {
      const seen = conv2d(
        filled(6, 8, (_, j) => (j < column ? dark : bright)),
        vertical,
      );
      expect(seen.shape).toEqual([1, 1, 4, 6]);
      const row = Array.from({ length: 6 }, (_, j) => (j + 2 === column || j + 1 === column ? 3 * (bright - dark) : 0));
      expect(seen.arraySync()).toEqual([[[row, row, row, row]]]);
    }
  });

  it("and 0 everywhere in a uniform picture and beside a horizontal edge", () => {
    for (const x of [filled(6, 7, () => 9), filled(6, 7, (i) => (i < 3 ? 0 : 4))]) {
      expect(
        conv2d(x, vertical)
          .dataSync()
          .every((v) => v === 0),
      ).toBe(true);
    }
  });
});

describe("cross-correlation and convolution", () => {
  it("conv2d with the flipped kernel is Σ I(i − m, j − n) K(m, n), with equality", () => {
    fc.assert(
      fc.property(anyPicture(6), anyPicture(3), (image, kernel) => {
        const expected = [1, 2, 3, 4].map((i) =>
          [1, 2, 3, 4].map((j) => {
            let sum = 0;
            for (const m of [-1, 0, 1]) {
              for (const n of [-1, 0, 1]) sum += (image[i - m]?.[j - n] as number) * (kernel[m + 1]?.[n + 1] as number);
            }
            return sum;
          }),
        );
        expect(conv2d(picture(image), flipKernel(picture(kernel))).arraySync()).toEqual([[expected]]);
      }),
    );
  });

  it("they differ for a kernel without symmetry, and only in sign for the vertical edge filter", () => {
    const x = filled(5, 5, (i, j) => (3 * i * i + j * j) % 11);
    const lopsided = picture([
      [1, 2, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(conv2d(x, flipKernel(lopsided)).arraySync()).not.toEqual(conv2d(x, lopsided).arraySync());
    expect(conv2d(x, flipKernel(vertical)).arraySync()).toEqual(conv2d(x, vertical).mul(-1).arraySync());
    expect(flipKernel(flipKernel(lopsided)).arraySync()).toEqual(lopsided.arraySync());
  });
});

describe("feature maps and pooling", () => {
  it("O filters make O maps, each as if it were alone", () => {
    const x = filled(7, 7, (i, j) => (5 * i + 3 * j) % 7);
    const horizontal = vertical.transpose([0, 1, 3, 2]);
    const maps = conv2d(x, vertical.concat([horizontal], 0));
    expect(maps.shape).toEqual([1, 2, 5, 5]);
    expect(maps.slice(null, [0, 1]).arraySync()).toEqual(conv2d(x, vertical).arraySync());
    expect(maps.slice(null, [1, 2]).arraySync()).toEqual(conv2d(x, horizontal).arraySync());
  });

  it("max pooling 2×2 with stride 2 of [1 1 2 4; 5 6 7 8; 3 2 1 0; 1 2 3 4] is [6 8; 3 4]", () => {
    const x = picture([
      [1, 1, 2, 4],
      [5, 6, 7, 8],
      [3, 2, 1, 0],
      [1, 2, 3, 4],
    ]);
    const expected = [
      [
        [
          [6, 8],
          [3, 4],
        ],
      ],
    ];
    expect(maxPool2d(x, { kernel: 2, stride: 2 }).arraySync()).toEqual(expected);
    expect(maxPool2d(x, 2).arraySync()).toEqual(expected);
  });
});

describe("few weights", () => {
  it("784 × 100 = 78,400 in a dense layer, 9 a filter in a convolution, counted by summary", () => {
    const count = (layer: nn.Layer): number => nn.summary(nn.init(layer, [1, 28, 28]), [1, 28, 28]).parameters;
    expect(count(new nn.Sequential(new nn.Flatten(), new nn.Linear({ out: 100, bias: false })))).toBe(78400);
    expect(count(new nn.Sequential(new nn.Flatten(), new nn.Linear({ out: 100 })))).toBe(78500);
    expect(count(new nn.Conv2d({ out: 100, kernel: 3, bias: false }))).toBe(900);
    expect(count(new nn.Conv2d({ out: 100, kernel: 3 }))).toBe(1000);
  });
});

describe("moving the picture", () => {
  it("moves the features as far: convolution is equivariant, with equality", () => {
    const offset = fc.integer({ min: -2, max: 2 });
    fc.assert(
      fc.property(anyPicture(4), anyPicture(3), offset, offset, (rows, kernel, down, right) => {
        // A margin of 4 keeps picture and filter response off the border.
        const x = picture(rows).pad([
          [0, 0],
          [0, 0],
          [4, 4],
          [4, 4],
        ]);
        const k = picture(kernel);
        const moved = conv2d(shift(x, down, right), k, { padding: "same" });
        expect(moved.arraySync()).toEqual(shift(conv2d(x, k, { padding: "same" }), down, right).arraySync());
      }),
    );
  });

  it("by the pooling stride moves the pooled features by one, inside a window not at all", () => {
    const x = filled(8, 8, (i, j) => (i >= 2 && i < 4 && j >= 2 && j < 4 ? 1 + i + j : 0));
    expect(maxPool2d(shift(x, 2, 4), 2).arraySync()).toEqual(shift(maxPool2d(x, 2), 1, 2).arraySync());
    const spot = filled(4, 4, (i, j) => (i === 2 && j === 0 ? 5 : 0));
    expect(maxPool2d(shift(spot, 1, 1), 2).arraySync()).toEqual(maxPool2d(spot, 2).arraySync());
    expect(maxPool2d(shift(spot, 0, 2), 2).arraySync()).not.toEqual(maxPool2d(spot, 2).arraySync());
  });

  it("does not change the maximum over a whole feature map", () => {
    const glyph = filled(12, 12, (i, j) => (i >= 3 && i < 6 && (j === 3 || i === 5) && j >= 3 && j < 6 ? 1 : 0));
    const strongest = (x: Tensor): number => conv2d(x, vertical, { padding: "same" }).max().itemSync();
    for (const [down, right] of [
      [1, 0],
      [3, 4],
      [-2, 2],
    ] as const) {
      expect(strongest(shift(glyph, down, right))).toBe(strongest(glyph));
    }
  });
});

describe("softmax", () => {
  it("gives probabilities that sum to 1 and keep the order of the scores", () => {
    const scores = fc.array(fc.float({ min: -80, max: 80, noNaN: true }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(scores, (values) => {
        const p = softmax(tensor([values]));
        expect(p.sum().itemSync()).toBeCloseTo(1, 5);
        const [probabilities] = p.arraySync() as [number[]];
        for (let i = 0; i < values.length; i++) {
          expect(probabilities[i]).toBeGreaterThanOrEqual(0);
          for (let j = 0; j < values.length; j++) {
            if ((values[i] as number) > (values[j] as number))
              expect(probabilities[i]).toBeGreaterThanOrEqual(probabilities[j] as number);
          }
        }
      }),
    );
  });
});

describe("a training step", () => {
  it("has four phases: forward, loss, backward, update; and the loss goes down", () => {
    class Tiny extends nn.Module {
      conv = new nn.Conv2d({ out: 2, kernel: 3 });
      dense = new nn.Linear({ out: 2 });
      forward(x: Tensor): Tensor {
        return this.dense.forward(maxPool2d(relu(this.conv.forward(x)), 2).reshape([x.shape[0] as number, -1]));
      }
    }
    seed(5);
    const model = nn.init(new Tiny(), [1, 6, 6]);
    const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.1 });
    const x = filled(6, 6, (_, j) => (j < 3 ? 0 : 1)).concat([filled(6, 6, (i) => (i < 3 ? 0 : 1))], 0);
    const y = tensor([0, 1], { dtype: "int32" });

    const forward = model.forward(x);
    expect(forward.shape).toEqual([2, 2]);
    const loss = crossEntropy(forward, y);
    const before = loss.itemSync();
    const gradients = grad(loss, model.parameters());
    expect(Object.keys(gradients)).toEqual(["conv.weight", "conv.bias", "dense.weight", "dense.bias"]);
    const weight = model.dense.weight.read().arraySync() as number[][];
    const slope = gradients["dense.weight"]?.arraySync() as number[][];
    optimizer.step(gradients);
    const stepped = model.dense.weight.read().arraySync() as number[][];
    stepped.forEach((row, i) => {
      row.forEach((w, j) => {
        expect(w).toBeCloseTo((weight[i]?.[j] as number) - 0.1 * (slope[i]?.[j] as number), 6);
      });
    });
    expect(crossEntropy(model.forward(x), y).itemSync()).toBeLessThan(before);
  });
});
