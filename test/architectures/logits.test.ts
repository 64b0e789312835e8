// Whole networks against PyTorch and torchvision: names, parameter counts, logits and feature maps, with drawn weights and
// drawn running statistics. A wrong name, order of layers, stride, padding or epsilon changes the logits.

import { init } from "@prewitt/nn";
import { evaluate, type Tensor } from "prewitt";
import { describe, expect, test } from "vitest";
import {
  drawImage,
  fill,
  type GoldenTensor,
  goldens,
  makeNetwork,
  parameterCount,
  signatureOf,
  useOneThread,
  withoutDrawing,
} from "./draw.ts";

useOneThread();

interface Tapped {
  featureMaps(x: Tensor): Readonly<Record<string, Tensor>>;
  forwardWithAux(x: Tensor): Readonly<Record<string, Tensor>>;
}

/** Largest difference, relative to the largest expected magnitude. */
function deviation(actual: Tensor, { shape, data }: GoldenTensor): number {
  expect(actual.shape).toEqual(shape);
  const scale = Math.max(...data.map(Math.abs));
  const found = actual.dataSync();
  return Math.max(...data.map((b, i) => Math.abs((found[i] as number) - b))) / scale;
}

describe("published sizes", { timeout: 240_000 }, () => {
  test.each(goldens.published)("$name has torchvision's parameters and names", (golden) => {
    const model = withoutDrawing(() => init(makeNetwork(golden), [3, 299, 299]));
    expect(parameterCount(model)).toBe(golden.parameters);
    expect(signatureOf(model)).toBe(golden.names);
  });
});

describe("against PyTorch", { timeout: 240_000 }, () => {
  test.each(goldens.networks)("$name", (golden) => {
    const model = withoutDrawing(() => init(makeNetwork(golden), golden.input.slice(1)));
    expect(parameterCount(model)).toBe(golden.parameters);
    expect(signatureOf(model)).toBe(golden.names);
    fill(model);
    model.eval();
    const x = drawImage(golden.input);
    const tapped = model as unknown as Tapped;
    const maps = golden.maps === undefined ? {} : tapped.featureMaps(x);
    const aux = Object.keys(golden.outputs).length > 1 ? tapped.forwardWithAux(x) : undefined;
    const outputs = aux ?? { logits: model.forward(x) };
    const means = Object.entries(golden.maps ?? {}).map(([name, expected]) => {
      const map = maps[name] as Tensor;
      return { name, expected, mean: map.mean(), size: map.square().mean().sqrt() };
    });
    evaluate(...Object.values(outputs), ...means.flatMap(({ mean, size }) => [mean, size]));
    for (const [name, expected] of Object.entries(golden.outputs)) {
      expect(deviation(outputs[name] as Tensor, expected), name).toBeLessThan(1e-4);
    }
    expect(Object.keys(maps)).toEqual(Object.keys(golden.maps ?? {}));
    for (const { name, expected, mean, size } of means) {
      expect(Math.abs(mean.itemSync() - expected[0]) / expected[1], `mean of ${name}`).toBeLessThan(1e-4);
      expect(Math.abs(size.itemSync() / expected[1] - 1), `size of ${name}`).toBeLessThan(1e-4);
    }
  });
});
