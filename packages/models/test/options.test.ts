// Options that every architecture has, what they reject, and the named values between the stages.

import { useExecutor, zeros } from "@prewitt/core";
import {
  CifarResNet,
  EmbeddingNet,
  GoogLeNet,
  InceptionV3,
  LeNet5,
  MobileNetV2,
  ResNet,
  resnet18,
  resnet20,
  UNet,
  vgg11,
  Yolo,
} from "@prewitt/models";
import { init, type Layer } from "@prewitt/nn";
import { describe, expect, test } from "vitest";

useExecutor("reference");

type Make = (options: object) => Layer;

const makes: readonly [name: string, make: Make, image: number[]][] = [
  ["LeNet5", (o) => new LeNet5(o), [1, 32, 32]],
  ["resnet18", (o) => resnet18(o), [3, 64, 64]],
  ["resnet20", (o) => resnet20(o), [3, 16, 16]],
  ["vgg11", (o) => vgg11({ ...o, hidden: 8 }), [3, 32, 32]],
  ["GoogLeNet", (o) => new GoogLeNet(o), [3, 64, 64]],
  ["InceptionV3", (o) => new InceptionV3(o), [3, 75, 75]],
  ["MobileNetV2", (o) => new MobileNetV2(o), [3, 32, 32]],
  ["UNet", (o) => new UNet(o), [3, 32, 32]],
  ["Yolo", (o) => new Yolo(o), [3, 32, 32]],
];

describe.each(makes)("%s", (name, make, image) => {
  test("rejects unknown options and values out of range, under its own name", () => {
    expect(() => make({ num_classes: 3 })).toThrow(`[${name}] unknown option "num_classes"`);
    expect(() => make({ num_classes: 3 })).toThrow('write "classes"');
    expect(() => make({ classes: 0 })).toThrow(`[${name}] classes must be a positive integer, got 0`);
    expect(() => make({ inChannels: 1.5 })).toThrow(`[${name}] inChannels must be a positive integer, got 1.5`);
    expect(() => make({ width: 0 })).toThrow(`[${name}] width must be a positive factor, got 0`);
  });

  test("infers the channels of the image, or demands those that are given", () => {
    const [, height, width] = image as [number, number, number];
    init(make({ width: 0.05, classes: 3 }), [2, height, width]);
    expect(() => init(make({ width: 0.05, classes: 3, inChannels: 4 }), [2, height, width])).toThrow(
      "in is 4, but the input has 2 channels",
    );
  });

  test("is initialised in evaluation mode too", () => {
    const auxiliary = name === "GoogLeNet" || name === "InceptionV3" ? { auxLogits: true } : {};
    const model = make({ width: 0.05, classes: 3, ...auxiliary }).eval();
    init(model, image);
    expect(Object.keys(model.parameters()).length).toBeGreaterThan(0);
  });
});

test("embeddings have their own names for sizes", () => {
  expect(() => new EmbeddingNet({ classes: 3 } as object)).toThrow('[EmbeddingNet] unknown option "classes"');
  expect(() => new EmbeddingNet({ dimensions: 0 })).toThrow("[EmbeddingNet] dimensions must be a positive integer");
  const own = init(new EmbeddingNet(resnet20({ classes: 7, width: 0.25 })), [1, 8, 8]);
  const y = own.forward(zeros([2, 1, 8, 8]));
  expect(y.shape).toEqual([2, 7]);
});

test("depths of one's own", () => {
  const options = { block: "basic", stem: "cifar", width: 0.1, classes: 3 } as const;
  expect(() => new ResNet({ ...options, depths: [1, 0, 1, 1] })).toThrow("[ResNet] every depth must be a positive");
  expect(() => new ResNet({ ...options, block: "wide" as "basic", depths: [1, 1, 1, 1] })).toThrow(
    'unknown block "wide"',
  );
  expect(() => new CifarResNet({ blocks: 0 })).toThrow("[CifarResNet] blocks must be a positive integer");
  expect(() => resnet18({ stem: "small" as "cifar" })).toThrow('unknown stem "small"');
  const maps = init(new ResNet({ ...options, depths: [1, 1, 1, 1] }), [3, 32, 32]).featureMaps(zeros([1, 3, 32, 32]));
  expect(Object.entries(maps).map(([stage, map]) => `${stage} ${map.shape.slice(1).join("×")}`)).toEqual([
    "stem 6×32×32",
    "layer1 6×32×32",
    "layer2 13×16×16",
    "layer3 26×8×8",
    "layer4 51×4×4",
  ]);
});

test("U-Nets name their levels, whatever the depth", () => {
  const maps = init(new UNet({ depth: 2, width: 0.1 }), [1, 9, 10]).featureMaps(zeros([1, 1, 9, 10]));
  expect(Object.entries(maps).map(([stage, map]) => `${stage} ${map.shape.slice(1).join("×")}`)).toEqual([
    "inc 6×9×10",
    "down1 13×4×5",
    "down2 26×2×2",
    "up1 13×4×5",
    "up2 6×9×10",
  ]);
});

test("auxiliary logits are asked for by name", () => {
  const model = init(new GoogLeNet({ width: 0.05, classes: 3 }), [3, 32, 32]);
  expect(() => model.forwardWithAux(zeros([1, 3, 32, 32]))).toThrow("new GoogLeNet({ auxLogits: true })");
  expect(() => new InceptionV3().forwardWithAux(zeros([1, 3, 75, 75]))).toThrow(
    "the model has no auxiliary classifiers",
  );
  const aux = init(new GoogLeNet({ width: 0.05, classes: 3, auxLogits: true }), [3, 32, 32]);
  const shapes = Object.entries(aux.forwardWithAux(zeros([2, 3, 32, 32]))).map(([k, t]) => `${k} ${t.shape.join("×")}`);
  expect(shapes).toEqual(["logits 2×3", "aux1 2×3", "aux2 2×3"]);
});
