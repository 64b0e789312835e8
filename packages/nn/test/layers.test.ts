/** Layers around the ops of `@prewitt/ops`: shapes, names of parameters, PyTorch's defaults, what modes change. */

import { compile, grad, ones, seed, type Tensor, tensor } from "@prewitt/core";
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  BatchNorm1d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Dropout2d,
  ELU,
  GroupNorm,
  HardSigmoid,
  HardSwish,
  HardTanh,
  InstanceNorm2d,
  init,
  type Layer,
  LayerNorm,
  LocalResponseNorm,
  LogSigmoid,
  LogSoftmax,
  Mish,
  Pad2d,
  PixelShuffle,
  PixelUnshuffle,
  PReLU,
  ReLU6,
  SELU,
  SeparableConv2d,
  Softsign,
  SqueezeExcitation,
  StochasticDepth,
  summary,
  Upsample,
  ZeroPad2d,
} from "@prewitt/nn";
import { conv2d, hardSigmoid, pad2d } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

const wave = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + 0.3)),
    { shape: [...shape] },
  );
};

type Shape = readonly number[];
type Row = readonly [text: string, make: () => Layer, input: Shape, output: Shape, parameters: Record<string, Shape>];

const rows: readonly Row[] = [
  [
    "ConvTranspose2d(4 → 6, kernel 3×3, stride 2, padding 1, outputPadding 1, groups 2)",
    () => new ConvTranspose2d({ out: 6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    [4, 5, 6],
    [6, 10, 12],
    { weight: [4, 3, 3, 3], bias: [6] },
  ],
  [
    "Conv1d(3 → 4, kernel 5, padding same, no bias)",
    () => new Conv1d({ out: 4, kernel: 5, padding: "same", bias: false }),
    [3, 9],
    [4, 9],
    { weight: [4, 3, 5] },
  ],
  [
    "SeparableConv2d(3 → 8, kernel 3×3, multiplier 2, stride 2, padding 1)",
    () => new SeparableConv2d({ out: 8, kernel: 3, multiplier: 2, stride: 2, padding: 1 }),
    [3, 6, 6],
    [8, 3, 3],
    { "depthwise.weight": [6, 1, 3, 3], "pointwise.weight": [8, 6, 1, 1], "pointwise.bias": [8] },
  ],
  [
    "SqueezeExcitation(32 → 2 → 32)",
    () => new SqueezeExcitation(),
    [32, 4, 4],
    [32, 4, 4],
    { "fc1.weight": [2, 32, 1, 1], "fc1.bias": [2], "fc2.weight": [32, 2, 1, 1], "fc2.bias": [32] },
  ],
  ["Upsample(scale 2, mode bilinear)", () => new Upsample({ scale: 2, mode: "bilinear" }), [3, 4, 5], [3, 8, 10], {}],
  ["AdaptiveAvgPool2d([1, null])", () => new AdaptiveAvgPool2d([1, null]), [3, 4, 5], [3, 1, 5], {}],
  ["AdaptiveMaxPool2d(3)", () => new AdaptiveMaxPool2d({ size: 3 }), [3, 4, 5], [3, 3, 3], {}],
  ["Pad2d([1, 2], reflect)", () => new Pad2d([1, 2], { mode: "reflect" }), [3, 4, 5], [3, 6, 9], {}],
  ["ZeroPad2d(1)", () => new ZeroPad2d(1), [3, 4, 5], [3, 6, 7], {}],
  ["PixelShuffle(2)", () => new PixelShuffle(2), [8, 3, 2], [2, 6, 4], {}],
  ["PixelUnshuffle(2)", () => new PixelUnshuffle(2), [2, 6, 4], [8, 3, 2], {}],
  ["LayerNorm(axis -1)", () => new LayerNorm(), [3, 4, 5], [3, 4, 5], { weight: [5], bias: [5] }],
  [
    "LayerNorm(axis [1, 2, 3])",
    () => new LayerNorm({ axis: [1, 2, 3] }),
    [3, 4, 5],
    [3, 4, 5],
    { weight: [3, 4, 5], bias: [3, 4, 5] },
  ],
  ["GroupNorm(2 groups of 4)", () => new GroupNorm({ groups: 2 }), [4, 3, 3], [4, 3, 3], { weight: [4], bias: [4] }],
  ["InstanceNorm2d", () => new InstanceNorm2d(), [4, 3, 3], [4, 3, 3], {}],
  [
    "InstanceNorm2d(4, affine)",
    () => new InstanceNorm2d({ affine: true }),
    [4, 3, 3],
    [4, 3, 3],
    { weight: [4], bias: [4] },
  ],
  ["LocalResponseNorm(size 5)", () => new LocalResponseNorm({ size: 5 }), [4, 3, 3], [4, 3, 3], {}],
  ["BatchNorm1d(4)", () => new BatchNorm1d(), [4], [4], { weight: [4], bias: [4] }],
  ["PReLU(one slope)", () => new PReLU(), [4, 3, 3], [4, 3, 3], { weight: [1] }],
  ["PReLU(4 slopes)", () => new PReLU({ perChannel: true }), [4, 3, 3], [4, 3, 3], { weight: [4] }],
  ["Dropout2d(0.5)", () => new Dropout2d(), [4, 3, 3], [4, 3, 3], {}],
  ["StochasticDepth(0.25, row)", () => new StochasticDepth(0.25), [4, 3, 3], [4, 3, 3], {}],
  ["HardTanh(-1 … 1)", () => new HardTanh(), [4], [4], {}],
  ["ELU(alpha 0.5)", () => new ELU({ alpha: 0.5 }), [4], [4], {}],
  ["LogSoftmax(axis 1)", () => new LogSoftmax({ axis: 1 }), [4], [4], {}],
  ["ReLU6", () => new ReLU6(), [4], [4], {}],
  ["HardSigmoid", () => new HardSigmoid(), [4], [4], {}],
  ["HardSwish", () => new HardSwish(), [4], [4], {}],
  ["SELU", () => new SELU(), [4], [4], {}],
  ["Mish", () => new Mish(), [4], [4], {}],
  ["Softsign", () => new Softsign(), [4], [4], {}],
  ["LogSigmoid", () => new LogSigmoid(), [4], [4], {}],
];

describe("every layer", () => {
  test.each(rows)("%s", async (text, make, input, output, parameters) => {
    const layer = init(make(), input);
    expect(`${layer}`).toBe(text);
    expect(Object.fromEntries(Object.entries(layer.parameters()).map(([k, v]) => [k, [...v.shape]]))).toEqual(
      parameters,
    );
    const x = wave([3, ...input]);
    const y = layer.forward(x);
    expect(y.shape).toEqual([3, ...output]);
    const gradients = grad(y.square().sum(), { x, ...layer.parameters() }, { unused: "zeros" });
    for (const g of Object.values(gradients)) expect(Array.from(await g.data()).every(Number.isFinite)).toBe(true);
    expect(summary(layer, input).rows.length).toBeGreaterThan(0);
  });
});

describe("defaults of PyTorch", () => {
  test("weights and bias of a transposed convolution lie within 1 / √(out / groups · KH · KW)", () => {
    seed(7);
    const { weight, bias } = init(new ConvTranspose2d({ out: 8, kernel: 3, groups: 2 }), [64, 4, 4]);
    const largest = (t: Tensor): number => t.abs().max().itemSync();
    const bound = 1 / Math.sqrt(4 * 9);
    expect(largest(weight.read())).toBeLessThanOrEqual(bound);
    expect(largest(weight.read())).toBeGreaterThan(0.95 * bound);
    expect(largest(bias?.read() as Tensor)).toBeLessThanOrEqual(bound);
  });

  test("slopes of PReLU begin at a quarter", () => {
    const layer = init(new PReLU({ perChannel: true }), [2, 1, 1]);
    expect(layer.forward(tensor([-4, 4], { shape: [1, 2, 1, 1] })).dataSync()).toEqual(Float32Array.of(-1, 4));
  });
});

describe("Conv2d's padding modes", () => {
  const x = wave([2, 3, 5, 6]);
  test.each(["reflect", "replicate", "circular"] as const)("%s is that of pad2d", (paddingMode) => {
    const layer = init(new Conv2d({ out: 2, kernel: 3, padding: [1, 2], stride: 2, paddingMode }), [3, 5, 6]);
    const { weight, bias } = layer;
    const expected = conv2d(pad2d(x, [1, 2], { mode: paddingMode }), weight.read(), { stride: 2, bias: bias?.read() });
    expect(layer.forward(x).dataSync()).toEqual(expected.dataSync());
  });

  test('"same" continues the image by as much as zeros would', () => {
    const options = { out: 2, kernel: 4, padding: "same", dilation: [1, 2] } as const;
    const layer = init(new Conv2d({ ...options, paddingMode: "replicate" }), [3, 5, 6]);
    const sides = [
      [1, 2],
      [3, 3],
    ] as const;
    const expected = conv2d(pad2d(x, sides, { mode: "replicate" }), layer.weight.read(), {
      dilation: [1, 2],
      bias: layer.bias?.read(),
    });
    expect(layer.forward(x).dataSync()).toEqual(expected.dataSync());
  });
});

describe("layers that draw", () => {
  const kinds = (y: Tensor, outer: number): Set<string> => {
    const data = Array.from(y.dataSync());
    const size = data.length / outer;
    return new Set(Array.from({ length: outer }, (_, i) => [...new Set(data.slice(i * size, (i + 1) * size))].join()));
  };

  test("Dropout2d keeps or drops whole channels; nothing in evaluation mode", () => {
    seed(1);
    const layer = init(new Dropout2d(0.25), [16, 3, 3]);
    expect(kinds(layer.forward(ones([4, 16, 3, 3])), 64)).toEqual(new Set(["0", "1.3333333730697632"]));
    expect(kinds(layer.eval().forward(ones([4, 16, 3, 3])), 64)).toEqual(new Set(["1"]));
  });

  test("StochasticDepth keeps or drops samples, or the batch, and differs from call to call", () => {
    seed(1);
    const rowsOf = init(new StochasticDepth(0.5), [3, 2, 2]);
    expect(kinds(rowsOf.forward(ones([32, 3, 2, 2])), 32)).toEqual(new Set(["0", "2"]));
    const batch = init(new StochasticDepth({ rate: 0.5, mode: "batch" }), [3, 2, 2]);
    const seen = Array.from({ length: 16 }, () => [...kinds(batch.forward(ones([4, 3, 2, 2])), 1)][0]);
    expect(new Set(seen)).toEqual(new Set(["0", "2"]));
  });

  test("the same masks inside compile", () => {
    seed(3);
    const draws = (): string[] => {
      const layer = init(new Dropout2d(0.5), [8, 2, 2]);
      return Array.from({ length: 3 }, () =>
        layer
          .forward(ones([2, 8, 2, 2]))
          .dataSync()
          .join(),
      );
    };
    seed(3);
    const layer = init(new Dropout2d(0.5), [8, 2, 2]);
    const run = compile((x: Tensor) => layer.forward(x));
    const compiled = Array.from({ length: 3 }, () => (run(ones([2, 8, 2, 2])) as Tensor).dataSync().join());
    seed(3);
    expect(draws()).toEqual(compiled);
  });
});

test("running statistics of BatchNorm1d follow features and signals", () => {
  const layer = init(new BatchNorm1d({ momentum: 1 }), [2, 3]);
  layer.forward(tensor([1, 2, 3, 10, 10, 10, 3, 4, 5, 10, 10, 40], { shape: [2, 2, 3] }));
  const { running_mean: mean, running_var: variance } = layer.stateDict();
  expect(mean?.dataSync()).toEqual(Float32Array.of(3, 15));
  expect(Array.from(variance?.dataSync() ?? [])).toEqual([2, 150]);
});

test("SqueezeExcitation with another gate: torchvision's MobileNetV3 form", () => {
  const layer = init(new SqueezeExcitation({ squeeze: 4, gate: hardSigmoid }), [8, 2, 2]);
  for (const v of Object.values(layer.parameters())) v.assign(v.read().mul(0));
  const x = wave([1, 8, 2, 2]);
  expect(layer.forward(x).dataSync()).toEqual(x.mul(0.5).dataSync());
});
