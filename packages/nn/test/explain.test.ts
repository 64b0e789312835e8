// Activation capture, and explanations by it: axioms and cases whose answer is known.

import { compile, grad, type Tensor, tensor, zeros } from "@prewitt/core";
import {
  BatchNorm2d,
  Conv2d,
  capture,
  classScore,
  Flatten,
  GlobalAvgPool2d,
  gradCam,
  init,
  integratedGradients,
  Linear,
  MaxPool2d,
  Module,
  maximizeActivation,
  occlusion,
  ReLU,
  Sequential,
  saliency,
  smoothGrad,
} from "@prewitt/nn";
import { relu, resize2d } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

class Net extends Module {
  features = new Sequential(
    new Conv2d({ out: 3, kernel: 3, padding: "same" }),
    new BatchNorm2d(),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d({ out: 4, kernel: 3, padding: "same" }),
    new ReLU(),
  );
  head = new Sequential(new Flatten(), new Linear({ out: 3 }));

  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

const numbers = (t: Tensor): number[] => [...t.dataSync()];
const image = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(3 * i * i + 1)),
    { shape },
  );
const close = (a: Tensor, b: Tensor, digits = 5): void => {
  expect(a.shape).toEqual(b.shape);
  const wanted = numbers(b);
  numbers(a).forEach((v, i) => {
    expect(v, `element ${i}`).toBeCloseTo(wanted[i] as number, digits);
  });
};

describe("capture", () => {
  const net = init(new Net(), [2, 8, 8]).eval();
  const x = image(2, 2, 8, 8);

  test("gives what the modules return, by path, in order", () => {
    const { output, activations } = capture(net, ["features.*", "head"], () => net.forward(x));
    expect(Object.keys(activations)).toEqual([..."012345"].map((i) => `features.${i}`).concat("head"));
    close(output, net.forward(x));
    close(activations["features.2"] as Tensor, relu(activations["features.1"] as Tensor));
    expect(activations.head).toBe(output);
    expect(activations["features.3"]?.shape).toEqual([2, 3, 4, 4]);
  });

  test("gradients flow to them, inside compile too", () => {
    const slopes = (input: Tensor) => {
      const { output, activations } = capture(net, ["features.5"], () => net.forward(input));
      return grad(output.slice(null, 1).sum(), activations);
    };
    const weight = net.parameters()["head.1.weight"]?.read() as Tensor;
    const expected = weight.slice([1, 2]).broadcastTo([2, 64]).reshape([2, 4, 4, 4]);
    close(slopes(x)["features.5"] as Tensor, expected);
    close(compile(slopes)(x)["features.5"] as Tensor, expected);
  });

  test("a module that runs twice, and watchers that are gone afterwards", () => {
    class Twice extends Module {
      layer = new ReLU();
      forward(t: Tensor): Tensor {
        return this.layer.forward(this.layer.forward(t).neg().add(1));
      }
    }
    const twice = init(new Twice(), [2]);
    const { activations } = capture(twice, ["**"], () => twice.forward(tensor([[-1, 0.25]])));
    expect(Object.keys(activations)).toEqual(["layer", "layer#2", ""]);
    expect(numbers(activations["layer#2"] as Tensor)).toEqual([1, 0.75]);
    twice.forward(tensor([[1, 1]]));
    expect(Object.keys(activations)).toHaveLength(3);
  });

  test("misuse", () => {
    expect(() => capture(net, ["feature.*"], () => net.forward(x))).toThrow(
      /no module has a path that matches "feature\.\*"/,
    );
    expect(() => capture(net, [], () => net.forward(x))).toThrow(/there are no patterns/);
    const compiled = compile((t: Tensor) => net.forward(t));
    compiled(x);
    expect(() => capture(net, ["head"], () => compiled(x))).toThrow(
      /none of the modules ran[\s\S]*not a compiled function/,
    );
  });
});

describe("gradCam", () => {
  test("is the class activation map where a mean and a linear layer follow", () => {
    const net = init(
      new Sequential(
        new Conv2d({ out: 3, kernel: 3, padding: "same" }),
        new ReLU(),
        new GlobalAvgPool2d(),
        new Linear({ out: 2 }),
      ),
      [1, 6, 6],
    ).eval();
    const x = image(2, 1, 6, 6);
    const map = gradCam(net, x, { layer: "1", target: 1, raw: true });
    const { activations } = capture(net, ["1"], () => net.forward(x));
    const weight = (net.stateDict()["3.weight"] as Tensor).slice(1).reshape([1, 3, 1, 1]);
    const expected = relu((activations["1"] as Tensor).mul(weight).sum({ axis: 1, keepDims: true })).div(36);
    close(map, expected, 6);
    const [own, each] = [
      gradCam(net, x, { layer: "1" }),
      gradCam(net, x, { layer: "1", target: net.forward(x).argmax(1) }),
    ];
    close(own, each);
    expect(gradCam(net, x, { layer: "1", score: (y) => y.sum(1) }).shape).toEqual([2, 1, 6, 6]);
    expect(() => gradCam(net, x, { layer: "3" })).toThrow(/"3" has no image plane/);
    expect(() => gradCam(net, x, { layer: "*" })).toThrow(/names 4 activations/);
  });
});

test("gradCam weighs channels by their mean slope, and is resized to the image", () => {
  const net = init(new Net(), [2, 8, 8]).eval();
  const x = image(2, 2, 8, 8);
  const { output, activations } = capture(net, ["features.4"], () => net.forward(x));
  const a = activations["features.4"] as Tensor;
  const slope = numbers(grad(output.slice(null, 2).sum(), a));
  const values = a.dataSync();
  const expected = Array.from({ length: 2 * 16 }, (_, at) => {
    const [n, position] = [Math.floor(at / 16), at % 16];
    let sum = 0;
    for (let c = 0; c < 4; c++) {
      const from = (n * 4 + c) * 16;
      const alpha = slope.slice(from, from + 16).reduce((p, q) => p + q, 0) / 16;
      sum += alpha * (values[from + position] as number);
    }
    return Math.max(0, sum);
  });
  const map = gradCam(net, x, { layer: "features.4", target: 2, raw: true });
  close(map, tensor(Float32Array.from(expected), { shape: [2, 1, 4, 4] }), 6);
  close(gradCam(net, x, { layer: "features.4", target: 2 }), resize2d(map, { size: [8, 8], mode: "bilinear" }), 6);
});

describe("gradients in the pixels", () => {
  const weight = image(1, 2, 6, 6);
  const linear = (x: Tensor): Tensor => x.mul(weight).sum([1, 2, 3]);

  test("of a linear score are its weights", async () => {
    const x = image(2, 2, 6, 6);
    const largest = weight.abs().max({ axis: 1, keepDims: true }).broadcastTo([2, 1, 6, 6]);
    close(saliency(linear, x), largest);
    close(await smoothGrad(linear, x, { samples: 3 }), weight.broadcastTo([2, 2, 6, 6]));
    close(await integratedGradients(linear, x, { steps: 2 }), x.mul(weight));
  });

  test("smoothGrad of a square is the gradient at the mean of the copies; the same bits again", async () => {
    const square = (x: Tensor): Tensor => x.square().sum([1, 2, 3]).mul(0.5);
    const x = image(1, 1, 8, 8);
    const [a, b] = [
      await smoothGrad(square, x, { samples: 64, sigma: 0.1 }),
      await smoothGrad(square, x, { samples: 64, sigma: 0.1 }),
    ];
    expect(numbers(a)).toEqual(numbers(b));
    const spread = a.sub(x).square().mean().sqrt().itemSync();
    expect(spread).toBeGreaterThan(0.008);
    expect(spread).toBeLessThan(0.018);
  });

  test("the midpoint rule is exact where the gradient is linear", async () => {
    const x = image(1, 2, 6, 6);
    const square = (t: Tensor): Tensor => t.square().sum([1, 2, 3]).mul(0.5);
    close(await integratedGradients(square, x, { steps: 1 }), x.square().mul(0.5));
    close(await integratedGradients(square, x, { steps: 5 }), x.square().mul(0.5));
  });

  test("integrated gradients add up to the difference of the scores", async () => {
    const net = init(new Net(), [2, 8, 8]).eval();
    const x = image(2, 2, 8, 8);
    const baseline = image(2, 2, 8, 8).mul(0.25);
    const score = classScore(net, tensor(Int32Array.of(2, 0)));
    const parts = await integratedGradients(score, x, { baseline, steps: 400 });
    close(parts.sum([1, 2, 3]), score(x).sub(score(baseline)), 2);
    const coarse = await integratedGradients(score, x, { baseline, steps: 2 });
    expect(numbers(coarse)).not.toEqual(numbers(parts));
    await expect(integratedGradients(score, x, { baseline: zeros([1]) })).rejects.toThrow(/shape and dtype of x/);
    await expect(integratedGradients(score, x, { steps: 0 })).rejects.toThrow(/steps must be a positive integer/);
    expect(() => saliency((t) => net.forward(t), x)).toThrow(/the score must be one number an image/);
  });

  test("occlusion of a linear score is what the window contributed", async () => {
    const x = image(2, 2, 6, 6);
    const map = await occlusion(linear, x, { window: 3, stride: 2, value: 0.5 });
    const parts = x.sub(0.5).mul(weight).sum({ axis: 1, keepDims: true });
    expect(map.shape).toEqual([2, 1, 3, 3]);
    const places = [0, 2, 3];
    places.forEach((top, r) => {
      places.forEach((left, c) => {
        const wanted = parts.slice(null, null, [top, top + 3], [left, left + 3]).sum([1, 2, 3]);
        close(map.slice(null, 0, r, c), wanted, 4);
      });
    });
    await expect(occlusion(linear, x, { window: 7 })).rejects.toThrow(/window must be an integer from 1 to 6/);
  });

  test("an image that maximises a linear unit points along its weights, within its range", async () => {
    const unit = (x: Tensor): Tensor => x.mul(weight).sum();
    const found = await maximizeActivation(unit, { shape: [1, 2, 6, 6], steps: 60, rate: 0.1 });
    const cosine = found.mul(weight).sum().div(found.square().sum().mul(weight.square().sum()).sqrt()).itemSync();
    expect(cosine).toBeGreaterThan(0.99);
    const limited = await maximizeActivation(unit, { start: zeros([1, 2, 6, 6]), steps: 60, range: [0, 1] });
    const signs = numbers(weight);
    numbers(limited).forEach((v, i) => {
      if (Math.abs(signs[i] as number) > 0.1) expect(v > 0.3).toBe((signs[i] as number) > 0);
    });
    const smooth = await maximizeActivation(unit, { shape: [1, 2, 6, 6], steps: 60, smoothness: 5 });
    const rough = (t: Tensor): number =>
      t
        .slice(null, null, [1, 6])
        .sub(t.slice(null, null, [0, 5]))
        .square()
        .sum()
        .div(t.square().sum())
        .itemSync();
    expect(rough(smooth)).toBeLessThan(0.5 * rough(found));
    await expect(maximizeActivation(unit, {})).rejects.toThrow(/either shape or start/);
  });
});
