import { session, type Tensor } from "@prewitt/core";
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GlobalAvgPool2d,
  init,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  Pad2d,
  PixelShuffle,
  PixelUnshuffle,
  ReLU,
  Sequential,
  type SummaryRow,
  summary,
  Upsample,
} from "@prewitt/nn";
import { relu } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

class Net extends Module {
  features = new Sequential(
    new Conv2d({ out: 32, kernel: 3, padding: "same" }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d({ out: 64, kernel: 3, padding: "same" }),
    new ReLU(),
    new MaxPool2d(2),
  );
  head = new Sequential(new Flatten(), new Linear({ out: 128 }), new ReLU(), new Dropout(), new Linear({ out: 10 }));
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

const fields = (rows: readonly SummaryRow[]) => Object.fromEntries(rows.map((r) => [r.path, r.receptiveField]));

describe("the network of the front page", () => {
  const model = init(new Net(), [1, 28, 28]);
  const before = session.nextVariable;
  const { rows, ...totals } = summary(model, [1, 28, 28]);

  test("as a table", () => {
    expect(`${summary(model, [1, 28, 28])}`.split("\n")).toEqual([
      "input [1, 28, 28], per sample",
      "path        type       output        parameters    FLOP  activations  receptive field",
      "─────────────────────────────────────────────────────────────────────────────────────",
      "features.0  Conv2d     [32, 28, 28]         320   477 k     98.0 KiB              3×3",
      "features.1  ReLU       [32, 28, 28]              25.1 k     98.0 KiB              3×3",
      "features.2  MaxPool2d  [32, 14, 14]              25.1 k     24.5 KiB              4×4",
      "features.3  Conv2d     [64, 14, 14]      18,496  7.24 M     49.0 KiB              8×8",
      "features.4  ReLU       [64, 14, 14]              12.5 k     49.0 KiB              8×8",
      "features.5  MaxPool2d  [64, 7, 7]                12.5 k     12.3 KiB            10×10",
      "head.0      Flatten    [3136]                                                   10×10",
      "head.1      Linear     [128]            401,536   803 k        512 B        all 28×28",
      "head.2      ReLU       [128]                        128        512 B        all 28×28",
      "head.3      Dropout    [128]                                                all 28×28",
      "head.4      Linear     [10]               1,290  2.57 k         40 B        all 28×28",
      "─────────────────────────────────────────────────────────────────────────────────────",
      "total                                   421,642  8.60 M      332 KiB",
    ]);
  });

  test("counts by hand", () => {
    const [conv1, , , conv2] = rows as [SummaryRow, SummaryRow, SummaryRow, SummaryRow];
    // A multiplication and an addition per tap, and one addition of the bias per output.
    expect(conv1.flops).toBe(32 * 28 * 28 * (2 * 9 + 1));
    expect(conv2.flops).toBe(64 * 14 * 14 * (2 * 9 * 32 + 1));
    expect(conv2.activationBytes).toBe(4 * 64 * 14 * 14);
    expect(totals.parameters).toBe(
      Object.values(model.parameters()).reduce((n, v) => n + v.shape.reduce((a, b) => a * b), 0),
    );
    expect(totals.flops).toBe(rows.reduce((n, r) => n + r.flops, 0));
  });

  test("makes no variable, leaves modes alone, evaluates nothing", () => {
    expect(session.nextVariable).toBe(before);
    expect(model.training).toBe(true);
    expect(model.head.layers[3].counter.read().itemSync()).toBe(0);
    model.head.layers[3].eval();
    summary(model, [1, 28, 28]);
    expect(model.head.layers[3].training).toBe(false);
    expect(model.features.training).toBe(true);
  });
});

test("a dense layer against a convolution", () => {
  const dense = summary(init(new Linear({ out: 100, bias: false }), [784]), [784]);
  const conv = summary(init(new Conv2d({ out: 100, kernel: 5, bias: false }), [1, 28, 28]), [1, 28, 28]);
  expect(dense.parameters).toBe(78_400);
  expect(conv.parameters).toBe(2_500);
});

describe("receptive fields", () => {
  test("stride, dilation, padding and pooling", () => {
    const model = init(
      new Sequential(
        new Conv2d({ out: 2, kernel: 7, stride: 2, padding: 3 }), // r 7, j 2
        new MaxPool2d({ kernel: 3, stride: 2, padding: 1 }), // r 11, j 4
        new Conv2d({ out: 2, kernel: [3, 1], dilation: 2, padding: "same" }), // r 11 + 4 · 4 = 27 down, 11 across
        new BatchNorm2d(),
        new AvgPool2d(2), // r 31 and 15, j 8
        new Conv2d({ out: 2, kernel: 1 }),
        new GlobalAvgPool2d(),
      ),
      [3, 64, 64],
    );
    expect(fields(summary(model, [3, 64, 64]).rows)).toEqual({
      0: [7, 7],
      1: [11, 11],
      2: [27, 11],
      3: [27, 11],
      4: [31, 15],
      5: [31, 15],
      6: "all",
    });
  });

  test.each<[string, () => Layer, readonly [number, number]]>([
    ["nearest, twice as large", () => new Upsample(2), [4, 4]],
    ["bilinear, twice as large", () => new Upsample({ scale: 2, mode: "bilinear" }), [5, 5]],
    ["bilinear, half as high", () => new Upsample({ scale: [0.5, 1], mode: "bilinear" }), [8, 5]],
    ["adaptive: windows of up to 4, 8 / 3 apart", () => new AdaptiveAvgPool2d([3, 8]), [3 + 3 + 2 * (8 / 3), 5]],
    ["channels to pixels", () => new PixelShuffle(2), [4, 4]],
    ["pixels to channels", () => new PixelUnshuffle(2), [8, 8]],
    ["the edge repeated", () => new Pad2d(1, { mode: "replicate" }), [5, 5]],
  ])("3×3, then %s, then 3×3", (_, middle, expected) => {
    const model = new Sequential(
      new Conv2d({ out: 4, kernel: 3, padding: 1 }),
      middle(),
      new Conv2d({ out: 1, kernel: 3 }),
    );
    const { rows } = summary(init(model, [1, 8, 8]), [1, 8, 8]);
    const [h, w] = (rows.at(-1) as SummaryRow).receptiveField as readonly [number, number];
    expect([h, w]).toEqual([expect.closeTo(expected[0], 9), expect.closeTo(expected[1], 9)]);
  });

  test("where paths join the larger field counts, and the container's own row says so", () => {
    class Residual extends Module {
      wide = new Conv2d({ out: 2, kernel: 5, padding: "same", bias: false });
      narrow = new Conv2d({ out: 2, kernel: 3, padding: "same", bias: false });
      forward(x: Tensor): Tensor {
        return relu(this.narrow.forward(x).add(this.wide.forward(x)));
      }
    }
    const { rows } = summary(init(new Sequential(new Residual()), [2, 8, 8]), [2, 8, 8]);
    expect(rows.map((r) => [r.path, r.container, r.receptiveField])).toEqual([
      ["0.narrow", false, [3, 3]],
      ["0.wide", false, [5, 5]],
      ["0", true, [5, 5]],
    ]);
    expect(rows[2]?.flops).toBe(2 * (2 * 8 * 8));
  });

  test("ResNet-18's is 435", () => {
    // 7×7/2, 3×3/2, then stages of four 3×3 convolutions with strides 1, 2, 2, 2.
    const stage = (out: number, stride: number) =>
      [stride, 1, 1, 1].map((s) => new Conv2d({ out, kernel: 3, stride: s, padding: 1 }));
    const model = new Sequential(
      new Conv2d({ out: 4, kernel: 7, stride: 2, padding: 3 }),
      new MaxPool2d({ kernel: 3, stride: 2, padding: 1 }),
      ...[stage(4, 1), stage(4, 2), stage(4, 2), stage(4, 2)].flat(),
    );
    const { rows } = summary(init(model, [3, 64, 64]), [3, 64, 64]);
    expect(rows.at(-1)?.receptiveField).toEqual([435, 435]);
  });
});

test("a shared layer has its parameters once, an uncalled one is listed, frozen ones are counted", () => {
  class Odd extends Module {
    shared = new Linear({ out: 4 });
    idle = new Linear({ in: 2, out: 3 });
    forward(x: Tensor): Tensor {
      return this.shared.forward(this.shared.forward(x));
    }
  }
  const model = init(new Odd(), [4]).freeze("idle");
  const result = summary(model, [4]);
  expect(result.rows.map((r) => [r.path, r.parameters, r.outputShapes])).toEqual([
    ["shared", 20, [[4]]],
    ["shared", 0, [[4]]],
    ["idle", 9, []],
  ]);
  expect([result.parameters, result.trainableParameters]).toEqual([29, 20]);
  expect(`${result}`).toContain("9 parameters are frozen");
});
