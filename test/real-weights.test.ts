/**
 * Networks that others trained, with their own weights: the super-resolution model of `@upscalerjs/default-model` gives
 * the picture that it ships, and the tiny face detector of `@vladmandic/face-api` finds a face.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boxIou, compile, leakyRelu, maxPool2d, nms, nn, type Tensor, tensor } from "prewitt";
import { readImage } from "prewitt/data";
import { adaptStateDict, loadKeras, loadTfjs } from "prewitt/io";
import { describe, expect, it } from "vitest";

const folderOf = (name: string): string => fileURLToPath(new URL(`node_modules/${name}`, import.meta.url));

describe("@upscalerjs/default-model", () => {
  it("doubles its example to the picture that it ships, to rounding", async () => {
    const folder = folderOf("@upscalerjs/default-model");
    const model = await loadKeras(join(folder, "models"));
    expect(Object.keys(model.parameters())).toHaveLength(24);
    expect(model.parameters()["layers.F_m1.weight"]?.shape).toEqual([64, 3, 3, 3]);
    const input = await readImage(join(folder, "assets/fixture.png"));
    const expected = await readImage(join(folder, "assets/samples/2x/result.png"));
    const upscale = compile((image: Tensor) => model.forward(image.cast("float32")).round().clamp(0, 255));
    const found = upscale(input.unsqueeze(0)).squeeze(0);
    expect(found.shape).toEqual([3, 256, 256]);
    const [a, b] = [await found.data(), await expected.data()];
    const off = a.map((v, i) => Math.abs(v - (b[i] as number))).filter((v) => v > 0);
    expect(off.every((v) => v === 1)).toBe(true);
    // The other system's sums end in other last bits, which decides where a value lies between two numbers.
    expect(off.length).toBeLessThan(20);
  });
});

/** Depthwise 3×3, pointwise, bias, leaky ReLU. */
class Separable extends nn.Module {
  depthwise: nn.Conv2d;
  pointwise: nn.Conv2d;
  constructor(inputs: number, out: number) {
    super();
    this.depthwise = new nn.Conv2d({ in: inputs, out: inputs, kernel: 3, padding: 1, groups: inputs, bias: false });
    this.pointwise = new nn.Conv2d({ in: inputs, out, kernel: 1 });
  }
  forward(x: Tensor): Tensor {
    return leakyRelu(this.pointwise.forward(this.depthwise.forward(x)), { negativeSlope: 0.1 });
  }
}

/** YOLOv2 in small: 16 × 16 cells of five anchors for 512 pixels. face-api, src/tinyYolov2/TinyYolov2Base.ts. */
class TinyFaceDetector extends nn.Module {
  conv0 = new nn.Conv2d({ in: 3, out: 16, kernel: 3 });
  conv1 = new Separable(16, 32);
  conv2 = new Separable(32, 64);
  conv3 = new Separable(64, 128);
  conv4 = new Separable(128, 256);
  conv5 = new Separable(256, 512);
  conv8 = new nn.Conv2d({ in: 512, out: 25, kernel: 1 });

  /** Colours from 0 to 255, [N, 3, S, S] → [N, 5 anchors · (x, y, w, h, score), S / 32, S / 32] */
  forward(image: Tensor): Tensor {
    const mean = tensor([117.001, 114.697, 97.404], { shape: [1, 3, 1, 1] });
    const halved = (x: Tensor): Tensor => maxPool2d(x, { kernel: 2, stride: 2, padding: "same" });
    let x = halved(leakyRelu(this.conv0.forward(image.sub(mean).div(255)), { negativeSlope: 0.1 }));
    for (const block of [this.conv1, this.conv2, this.conv3, this.conv4]) x = halved(block.forward(x));
    x = maxPool2d(this.conv5.forward(x), { kernel: 2, stride: 1, padding: "same" });
    return this.conv8.forward(x);
  }
}

/** Widths and heights in cells: face-api, src/tinyFaceDetector/const.ts. */
const anchors = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
] as const;

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

interface Face {
  readonly score: number;
  /** Left, top, right, bottom as shares of the picture. */
  readonly box: readonly [number, number, number, number];
}

/** The boxes of a prediction [25, cells, cells] whose score is above `least`. */
function facesOf(prediction: Float32Array, cells: number, least: number): Face[] {
  const at = (anchor: number, k: number, row: number, column: number): number =>
    prediction[((anchor * 5 + k) * cells + row) * cells + column] as number;
  const found: Face[] = [];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      anchors.forEach(([width, height], a) => {
        const score = sigmoid(at(a, 4, row, column));
        if (score < least) return;
        const [x, y] = [
          (column + sigmoid(at(a, 0, row, column))) / cells,
          (row + sigmoid(at(a, 1, row, column))) / cells,
        ];
        const [w, h] = [
          (Math.exp(at(a, 2, row, column)) * width) / cells,
          (Math.exp(at(a, 3, row, column)) * height) / cells,
        ];
        found.push({ score, box: [x - w / 2, y - h / 2, x + w / 2, y + h / 2] });
      });
    }
  }
  return found;
}

describe("@vladmandic/face-api, tiny face detector", () => {
  it("finds the one face of the astronaut photograph, and none where there is none", async () => {
    const manifest = join(folderOf("@vladmandic/face-api"), "model/tiny_face_detector_model-weights_manifest.json");
    const weights = adaptStateDict(await loadTfjs(manifest), [
      { from: /^(.*)\/filters$/, to: "$1.weight", axes: "HWIO->OIHW" },
      { from: /^(.*)\/depthwise_filter$/, to: "$1.depthwise.weight", axes: "HWCM->(CM)1HW" },
      { from: /^(.*)\/pointwise_filter$/, to: "$1.pointwise.weight", axes: "HWIO->OIHW" },
      { from: /^(conv[1-5])\/bias$/, to: "$1.pointwise.bias" },
      { from: /^(.*)\/bias$/, to: "$1.bias" },
    ]);
    const model = new TinyFaceDetector();
    model.loadStateDict(weights);
    const detect = compile((image: Tensor) => model.forward(image.cast("float32")));
    const faces = async (name: string): Promise<Face[]> => {
      const photo = await readImage(fileURLToPath(new URL(`../examples/data/photos/${name}.png`, import.meta.url)));
      const [, height, width] = photo.shape as [number, number, number];
      const size = Math.floor(Math.min(height, width) / 32) * 32;
      const cut = photo.slice(null, [0, size], [0, size]).unsqueeze(0);
      const prediction = detect(cut);
      const all = facesOf((await prediction.data()) as Float32Array, prediction.shape[2] as number, 0.5);
      const kept = nms(
        all.flatMap(({ box }) => [...box]),
        all.map(({ score }) => score),
        { iouThreshold: 0.4 },
      );
      return Array.from(kept, (i) => all[i] as Face);
    };
    const [face, ...others] = await faces("astronaut");
    expect(others).toEqual([]);
    expect(face?.score).toBeGreaterThan(0.8);
    // Hairline to chin, read off the picture.
    const marked = tensor([[108 / 320, 35 / 320, 170 / 320, 118 / 320]]);
    expect(await boxIou(tensor([[...(face?.box ?? [])]]), marked).item()).toBeGreaterThan(0.5);
    expect(await faces("chelsea")).toEqual([]);
    expect(await faces("coffee")).toEqual([]);
  });
});
