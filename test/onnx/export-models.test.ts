// Whole networks as ONNX files, at two batch sizes: onnxruntime gives the same logits, with running statistics that are
// not what a fresh batch norm has. A classifier trained here names the same digits there.

import {
  EmbeddingNet,
  GoogLeNet,
  InceptionV3,
  LeNet5,
  MobileNetV2,
  ResNet,
  resnet20,
  UNet,
  VGG,
  Yolo,
} from "@prewitt/models";
import { compile, crossEntropy, grad, nn, seed, type Tensor, tensor } from "prewitt";
import { loader, mnist } from "prewitt/data";
import { exportOnnx } from "prewitt/io";
import { describe, expect, test } from "vitest";
import { drawFrom, drawn } from "./random-inputs.ts";
import { distance, openSession } from "./runtime.ts";

type Model = nn.Module<never[], Tensor>;

/** Running statistics and affine parameters as after training. */
function unsettle(model: Model): void {
  const random = drawFrom(7);
  const dict: Record<string, Tensor> = model.stateDict();
  for (const [key, t] of Object.entries(dict)) {
    const norm = `${key.slice(0, key.lastIndexOf("."))}.running_mean` in dict;
    if (!norm || t.dtype !== "float32") continue;
    dict[key] = tensor(
      Float32Array.from({ length: t.size }, () => (key.endsWith("running_mean") ? random() - 0.5 : 0.5 + random())),
      { shape: t.shape },
    );
  }
  model.loadStateDict(dict);
}

const networks: Readonly<Record<string, readonly [make: () => Model, shape: number[], operators: string[]]>> = {
  "LeNet-5": [() => new LeNet5({ padding: 2 }), [1, 28, 28], ["Conv", "Gemm"]],
  "VGG with batch norm": [
    () => new VGG({ depths: [1, 1, 2, 1, 1], width: 0.125, hidden: 32, classes: 10, batchNorm: true }),
    [3, 32, 32],
    ["Conv", "BatchNormalization", "Relu", "MaxPool", "Gemm"],
  ],
  "ResNet, basic blocks": [
    () => new ResNet({ block: "basic", depths: [2, 1, 1, 1], width: 0.25, classes: 10 }),
    [3, 64, 64],
    ["Conv", "BatchNormalization", "Relu", "MaxPool", "Add", "GlobalAveragePool", "Gemm"],
  ],
  "ResNet, bottlenecks": [
    () => new ResNet({ block: "bottleneck", depths: [1, 1, 1, 1], width: 0.25, stem: "cifar", classes: 10 }),
    [3, 32, 32],
    ["Conv", "BatchNormalization", "Add"],
  ],
  "ResNet-20": [() => resnet20(), [3, 32, 32], ["Conv"]],
  GoogLeNet: [() => new GoogLeNet({ classes: 10, width: 0.125 }), [3, 64, 64], ["Conv", "Concat", "MaxPool"]],
  "Inception v3": [
    () => new InceptionV3({ classes: 10, width: 0.125 }),
    [3, 96, 96],
    ["Conv", "Concat", "AveragePool"],
  ],
  "MobileNet v2": [() => new MobileNetV2({ classes: 10, width: 0.25 }), [3, 32, 32], ["Conv", "Clip", "Add"]],
  "U-Net, transposed": [
    () => new UNet({ classes: 3, depth: 3, width: 0.125 }),
    [3, 32, 32],
    ["Conv", "ConvTranspose", "Concat", "MaxPool"],
  ],
  "U-Net, bilinear": [
    () => new UNet({ classes: 3, depth: 3, width: 0.125, upsampling: "bilinear" }),
    [3, 32, 32],
    ["Conv", "Resize", "Concat"],
  ],
  YOLO: [() => new Yolo({ classes: 3, width: 0.25 }), [3, 64, 64], ["Conv"]],
  embedding: [() => new EmbeddingNet({ dimensions: 16 }), [1, 32, 32], ["Conv"]],
};

/** The operators' names lie in the file as text. */
const holds = (bytes: Uint8Array, text: string): boolean => Buffer.from(bytes).includes(text);

for (const [name, [make, shape, operators]] of Object.entries(networks)) {
  test(name, async () => {
    seed(3);
    const model = nn.init(make(), shape);
    unsettle(model);
    const bytes = await exportOnnx(model, shape);
    for (const operator of operators) expect(holds(bytes, operator), operator).toBe(true);
    for (const path of Object.keys(model.parameters())) expect(holds(bytes, path), path).toBe(true);
    expect(model.training).toBe(true);
    model.eval();
    const session = await openSession(bytes);
    for (const batch of [1, 3]) {
      const x = drawn([batch, ...shape], batch);
      const [found] = (await session.run([x])) as [Tensor];
      expect(await distance(found, (model.forward as unknown as (x: Tensor) => Tensor)(x))).toBeLessThan(1e-4);
    }
  });
}

class Classifier extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d({ out: 8, kernel: 3, padding: "same", bias: false }),
    new nn.BatchNorm2d(),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d({ out: 16, kernel: 3, padding: "same" }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  head = new nn.Sequential(new nn.Flatten(), new nn.Dropout({ rate: 0.2 }), new nn.Linear({ out: 10 }));
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

describe("a classifier of digits", () => {
  test("names the same digits in onnxruntime, from bytes", { timeout: 120_000 }, async () => {
    seed(42);
    const model = nn.init(new Classifier(), [1, 28, 28]);
    const optimizer = new nn.Adam(model.parameters(), { learningRate: 3e-3 });
    const step = compile((image: Tensor, label: Tensor) => {
      const loss = crossEntropy(model.forward(image.cast("float32").div(255)), label);
      optimizer.step(grad(loss, model.parameters()));
      return loss;
    });
    let steps = 0;
    for await (const { image, label } of loader(mnist("train"), { batch: 64, shuffle: true, seed: 1 })) {
      await step(image, label).item();
      if (++steps === 150) break;
    }
    model.eval();
    const classify = (image: Tensor): Tensor => model.forward(image.cast("float32").div(255));
    const { image, label } = mnist("test").batch(Array.from({ length: 1000 }, (_, i) => i));
    const logits = compile(classify)(image);
    const names = { inputs: ["image"], outputs: ["logits"] };
    const session = await openSession(await exportOnnx(classify, image.slice([0, 2]), { names }));
    expect([session.inputNames, session.outputNames]).toEqual([["image"], ["logits"]]);
    const [found] = (await session.run([image])) as [Tensor];
    expect(await distance(found, logits)).toBeLessThan(1e-4);
    expect(await found.argmax(1).data()).toEqual(await logits.argmax(1).data());
    const hits = await logits.argmax(1).equal(label).cast("float32").mean().item();
    expect(hits).toBeGreaterThan(0.93);
    // The model alone, with the cast in the file.
    const plain = await openSession(await exportOnnx(model, [1, 28, 28], { inputDType: "uint8" }));
    const [unscaled] = (await plain.run([image.slice([0, 5])])) as [Tensor];
    expect(await distance(unscaled, model.forward(image.slice([0, 5]).cast("float32")))).toBeLessThan(1e-3);
  });
});
