// Every architecture, narrow: its summary, two training steps on the wasm executor that reach every parameter, and its own
// safetensors back to the same bits. The largest ones at their real widths: two steps with one image.

import { InceptionV3, resnet50, vgg19, Yolo } from "@prewitt/models";
import { compile, crossEntropy, grad, nn, seed, type Tensor, tensor } from "prewitt";
import { decodeSafetensors, encodeSafetensors } from "prewitt/io";
import { describe, expect, test } from "vitest";
import { drawImage, fill, makeNetwork, parameterCount, useOneThread, withoutDrawing } from "./draw.ts";

useOneThread();

interface Case {
  readonly name: string;
  readonly make: string;
  readonly options?: object;
  /** [N, C, H, W] */
  readonly input: readonly [number, number, number, number];
}

const narrow = { classes: 5, width: 0.125 };
const cases: readonly Case[] = [
  { name: "LeNet-5", make: "LeNet5", options: { classes: 5 }, input: [2, 1, 32, 32] },
  { name: "ResNet-18", make: "resnet18", options: narrow, input: [2, 3, 64, 64] },
  { name: "ResNet-18, CIFAR stem", make: "resnet18", options: { ...narrow, stem: "cifar" }, input: [2, 3, 16, 16] },
  { name: "ResNet-34", make: "resnet34", options: narrow, input: [2, 3, 64, 64] },
  { name: "ResNet-50", make: "resnet50", options: narrow, input: [2, 3, 64, 64] },
  { name: "ResNet-20", make: "resnet20", options: { classes: 5 }, input: [2, 3, 16, 16] },
  { name: "ResNet-56", make: "resnet56", options: { ...narrow, shortcut: "projection" }, input: [2, 3, 16, 16] },
  { name: "VGG-11", make: "vgg11", options: { ...narrow, hidden: 32 }, input: [2, 3, 32, 32] },
  { name: "VGG-13", make: "vgg13", options: { ...narrow, hidden: 32 }, input: [2, 3, 32, 32] },
  { name: "VGG-16", make: "vgg16", options: { ...narrow, hidden: 32 }, input: [2, 3, 32, 32] },
  { name: "VGG-19", make: "vgg19", options: { ...narrow, hidden: 32, batchNorm: true }, input: [2, 3, 64, 64] },
  { name: "GoogLeNet", make: "GoogLeNet", options: narrow, input: [2, 3, 64, 64] },
  { name: "Inception v3", make: "InceptionV3", options: narrow, input: [2, 3, 75, 75] },
  { name: "MobileNetV2", make: "MobileNetV2", options: narrow, input: [2, 3, 64, 64] },
  { name: "U-Net", make: "UNet", options: { ...narrow, depth: 3 }, input: [1, 3, 32, 32] },
  { name: "U-Net, bilinear", make: "UNet", options: { ...narrow, upsampling: "bilinear" }, input: [1, 3, 40, 32] },
  { name: "detector", make: "Yolo", options: narrow, input: [2, 3, 32, 32] },
  { name: "embedding", make: "EmbeddingNet", options: { dimensions: 5, width: 0.125 }, input: [4, 3, 16, 16] },
];

/** Class indices for logits [N, classes] or [N, classes, H, W]. */
function labelsFor(logits: readonly number[]): Tensor {
  const shape = logits.filter((_, axis) => axis !== 1);
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Int32Array.from({ length: count }, (_, i) => i % (logits[1] as number)),
    { shape },
  );
}

/** The loss of a batch of `count` images. Detectors look for one box an image. */
function lossOf(model: nn.Layer, count: number): (x: Tensor) => Tensor {
  if (!(model instanceof Yolo)) {
    return (x) => {
      const logits = model.forward(x);
      return crossEntropy(logits, labelsFor(logits.shape));
    };
  }
  const corners = Array.from({ length: count }, () => [4, 6, 22, 30]).flat();
  const boxes = tensor(Float32Array.from(corners), { shape: [count, 1, 4] });
  const targets = model.assign(boxes, tensor(new Int32Array(count), { shape: [count, 1] }), [32, 32]);
  return (x) => model.loss(model.forward(x), targets);
}

/** Two steps on one batch; the losses. */
function trainTwoSteps(model: nn.Layer, input: readonly number[]): number[] {
  const optimizer = new nn.SGD(model.parameters(), { learningRate: 0.01 });
  const loss = lossOf(model, input[0] as number);
  const step = compile((x: Tensor) => {
    const value = loss(x);
    optimizer.step(grad(value, model.parameters()));
    return value;
  });
  const x = drawImage(input);
  return [step(x).itemSync(), step(x).itemSync()];
}

describe.each(cases)("$name", { timeout: 240_000 }, (c) => {
  test("prints its summary, trains, and reloads its own safetensors to the same bits", async () => {
    seed(1);
    const image = c.input.slice(1);
    const build = () => nn.init(makeNetwork({ make: c.make, options: c.options ?? {} }), image);
    const model = build();
    const text = `${nn.summary(model, image)}`;
    expect(text).toContain(parameterCount(model).toLocaleString("en-US"));
    expect(text).not.toContain("not called");

    const before = model.stateDict();
    const losses = trainTwoSteps(model, c.input);
    for (const loss of losses) expect(Number.isFinite(loss)).toBe(true);
    expect(losses[1]).not.toBe(losses[0]);
    const trained = model.stateDict();
    const same = Object.keys(model.parameters()).filter((path) => {
      const [a, b] = [before[path]?.dataSync(), trained[path]?.dataSync()];
      return a?.every((value, i) => value === b?.[i]);
    });
    expect(same, "parameters that did not move").toEqual([]);

    const bytes = await encodeSafetensors(trained);
    seed(2);
    const other = build();
    const { tensors } = await decodeSafetensors(bytes, "memory");
    other.loadStateDict(tensors);
    expect(Buffer.compare(await encodeSafetensors(other.stateDict()), bytes)).toBe(0);
    const x = drawImage(c.input);
    const [y, again] = [model, other].map((m) => m.eval().forward(x).dataSync());
    expect(again).toEqual(y);
  });
});

// Each holds its parameters twice, as values and as gradients: 1.1 GB for VGG-19.
describe("real widths", () => {
  test.each([
    { name: "ResNet-50", make: () => resnet50(), input: [1, 3, 64, 64], parameters: 25_557_032 },
    { name: "Inception v3", make: () => new InceptionV3(), input: [1, 3, 107, 107], parameters: 23_834_568 },
    { name: "VGG-19", make: () => vgg19(), input: [1, 3, 32, 32], parameters: 143_667_240 },
  ])("$name trains two steps with one image", { timeout: 240_000 }, ({ make, input, parameters }) => {
    const model = withoutDrawing(() => nn.init<nn.Layer>(make(), input.slice(1)));
    fill(model);
    expect(parameterCount(model)).toBe(parameters);
    const losses = trainTwoSteps(model, input);
    for (const loss of losses) expect(Number.isFinite(loss)).toBe(true);
    expect(losses[1]).not.toBe(losses[0]);
  });
});
