// What the planner makes of resizing between convolutions, whose activations lie channels-last: no gather, no scatter, and no
// copy that only turns a layout around.

import { collect, grad, planStages, type Tensor, tensor, useExecutor } from "@prewitt/core";
import { adaptiveAvgPool2d, conv2d, pad2d, resize2d } from "@prewitt/ops";
import { wasmExecutor } from "@prewitt/wasm";
import { afterAll, describe, expect, test } from "vitest";

const wasm = wasmExecutor({ threads: 1 });
afterAll(() => wasm.dispose());

const wave = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)),
    { shape: [...shape] },
  );
};
const weight = wave([8, 8, 3, 3]);
const image = wave([2, 8, 8, 8]);
const conv = (x: Tensor): Tensor => conv2d(x, weight, { padding: 1 });

/** Kinds of the kernels that run between two convolutions, constants apart. */
function between(step: (x: Tensor) => Tensor): string[] {
  const { program } = planStages(collect([conv(step(conv(image)))]), wasm.traits);
  const kernels = program.kernels.filter((k) => k.origins?.every((o) => o.op !== "broadcastTo"));
  const [first, last] = [kernels.findIndex((k) => k.kind === "conv"), kernels.findLastIndex((k) => k.kind === "conv")];
  // A filter that is the same for all channels is written out once a run: it is no pass over an image.
  return kernels
    .slice(first + 1, last)
    .filter((k) => !(k.kind === "map" && k.shape[1] === 1))
    .map((k) => k.kind);
}

function gradientKinds(step: (x: Tensor) => Tensor): string[] {
  const loss = conv(step(conv(image)))
    .square()
    .sum();
  return planStages(collect([grad(loss, image)]), wasm.traits).program.kernels.map((k) => k.kind);
}

type Case = readonly [name: string, step: (x: Tensor) => Tensor, kinds: readonly string[]];

const cases: readonly Case[] = [
  ["nearest, factor 2: one broadcast", (x) => resize2d(x, { scale: 2 }), ["map"]],
  [
    "bilinear, factor 2: a depthwise convolution of the edged image",
    (x) => resize2d(x, { scale: 2, mode: "bilinear" }),
    ["copy", "copy", "conv"],
  ],
  [
    "bilinear, factor 4: one for each axis",
    (x) => resize2d(x, { scale: 4, mode: "bilinear" }),
    ["copy", "conv", "copy", "conv"],
  ],
  [
    "bilinear, 8 to 11: a product for each axis",
    (x) => resize2d(x, { size: 11, mode: "bilinear" }),
    ["contract", "contract"],
  ],
  [
    "bilinear, corners aligned: the same",
    (x) => resize2d(x, { scale: 2, mode: "bilinear", alignCorners: true }),
    ["contract", "contract"],
  ],
  ["bilinear, half: slices", (x) => resize2d(x, { scale: 0.5, mode: "bilinear" }), ["map", "map"]],
  ["reflection: joined ranges", (x) => pad2d(x, 1, { mode: "reflect" }), ["copy", "copy"]],
  ["adaptive average, 8 to 4: a pool", (x) => adaptiveAvgPool2d(x, 4), ["pool"]],
  ["adaptive average, 8 to 5: a product for each axis", (x) => adaptiveAvgPool2d(x, 5), ["contract", "contract"]],
];

describe("between two convolutions", () => {
  test.each(cases)("%s", (_, step, kinds) => expect(between(step)).toEqual(kinds));
  test.each(cases)("%s, and its gradient gathers and scatters nothing", (_, step) => {
    const kinds = gradientKinds(step);
    expect(kinds).not.toContain("gather");
    expect(kinds).not.toContain("scatter");
  });
  test.each(cases)("%s, with the values of the reference", (_, step) => {
    const build = (): Tensor => conv(step(conv(wave([2, 8, 8, 8]))));
    const values = (): Float32Array => build().dataSync() as Float32Array;
    const expected = ((): Float32Array => {
      using _ = useExecutor("reference");
      return values();
    })();
    using _executor = useExecutor(wasm);
    const actual = values();
    const largest = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const worst = expected.reduce((m, v, i) => Math.max(m, Math.abs((actual[i] as number) - v)), 0);
    expect(worst).toBeLessThan(1e-5 * largest);
  });
});

test("a product of rank 4 that meets a convolution keeps its rows together", () => {
  const build = (): Tensor =>
    wave([2, 8, 8, 8])
      .matmul(wave([2, 8, 8, 8]))
      .add(conv(wave([2, 8, 8, 8])));
  const expected = ((): ArrayLike<number> => {
    using _ = useExecutor("reference");
    return build().dataSync();
  })();
  using _ = useExecutor(wasm);
  const actual = build().dataSync();
  for (const [i, v] of actual.entries()) expect(v).toBeCloseTo(expected[i] as number, 4);
});
