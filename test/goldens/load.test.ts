// The golden files are whole: every tensor fits its shape, gradients match what they are gradients of, sizes are modest.

import { readdirSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CaseFamily, goldenCases, goldenRuns, type RunFamily, scalar, type Tensors } from "./load.ts";

const families: CaseFamily[] = [
  "activations",
  "batch-norm",
  "boxes",
  "conv2d",
  "cross-entropy",
  "hard-points",
  "images",
  "losses",
  "matmul",
  "metrics",
  "more-activations",
  "more-losses",
  "norms",
  "pool",
  "reduce",
  "schedules",
  "softmax",
];
const runs: RunFamily[] = ["cnn-steps", "optimizers"];
const directory = new URL("./data/", import.meta.url);

function shapes(tensors: Tensors): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}

function dot(left: Tensors, right: Tensors): number {
  let sum = 0;
  for (const [name, { data }] of Object.entries(left)) {
    const other = right[name]?.data;
    for (let i = 0; i < data.length; i++) sum += (data[i] ?? Number.NaN) * (other?.[i] ?? Number.NaN);
  }
  return sum;
}

test("every file belongs to a family, and together they stay under 2.5 MB", () => {
  const files = readdirSync(directory).sort();
  expect(files).toEqual([...families, ...runs].map((family) => `${family}.json`).sort());
  const bytes = files.map((file) => statSync(new URL(file, directory)).size).reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeLessThan(2.5e6);
});

describe.each(families)("%s", (family) => {
  const cases = goldenCases(family);

  test("names do not repeat", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test.each(cases)("$name", ({ inputs, outputs, cotangents, gradients, second, float32 }) => {
    expect(shapes(inputs)).toMatchObject(shapes(gradients));
    expect(shapes(outputs)).toMatchObject(shapes(cotangents));
    expect(Object.keys(outputs)).not.toHaveLength(0);
    expect(Object.keys(gradients).length > 0).toBe(Object.keys(cotangents).length > 0);
    if (float32) expect(shapes(gradients)).toEqual(shapes(float32.gradients));
    if (!second) return;
    expect(shapes(second.directions)).toEqual(shapes(gradients));
    expect(shapes(second.gradients)).toEqual(shapes(gradients));
    expect(shapes(second.cotangentGradients)).toEqual(shapes(cotangents));
    // g = Σ ⟨gradient, direction⟩, and since g is linear in the cotangent, also ⟨∂g/∂cotangent, cotangent⟩.
    const scale = 1e-12 * Math.max(1, Math.abs(second.value), Math.abs(dot(gradients, gradients)));
    expect(Math.abs(dot(gradients, second.directions) - second.value)).toBeLessThanOrEqual(scale);
    expect(Math.abs(dot(second.cotangentGradients, cotangents) - second.value)).toBeLessThanOrEqual(scale);
  });
});

test("the cases of one op carry that op's options", () => {
  const cases = goldenCases("pool", "avgPool2d");
  expect(cases.every(({ op, options }) => op === "avgPool2d" && typeof options.countIncludePad === "boolean")).toBe(
    true,
  );
  expect(() => goldenCases("pool", "conv2d")).toThrow('goldens/data/pool.json has no case of the op "conv2d".');
});

test("non-finite numbers, float32 tensors and tensors among the options are read", () => {
  const sqrt = goldenCases("hard-points", "sqrt")[0];
  expect(sqrt?.gradients.x?.data[0]).toBe(Number.NEGATIVE_INFINITY * Math.sign(-(sqrt?.cotangents.y?.data[0] ?? 0)));
  expect(sqrt?.float32?.outputs.y?.data).toBeInstanceOf(Float32Array);
  expect(goldenCases("hard-points", "max").some(({ outputs }) => outputs.y?.data.includes(Number.NaN))).toBe(true);
  const weighted = goldenCases("cross-entropy", "crossEntropy").find(({ options }) => options.classWeights);
  expect(weighted?.options.classWeights?.data).toBeInstanceOf(Float64Array);
  expect(weighted?.inputs.target?.data).toBeInstanceOf(Int32Array);
});

describe.each(runs)("%s", (family) => {
  test.each(goldenRuns(family))("$name", ({ initial, steps, state, evaluation }) => {
    for (const { gradients, parameters, buffers, loss } of steps) {
      expect(shapes(gradients)).toEqual(shapes(initial.parameters));
      expect(shapes(parameters)).toEqual(shapes(initial.parameters));
      expect(shapes(buffers)).toEqual(shapes(initial.buffers));
      expect(Number.isFinite(loss)).toBe(true);
    }
    for (const slot of Object.values(state)) expect(shapes(slot)).toEqual(shapes(initial.parameters));
    expect(steps.length).toBe(family === "optimizers" ? 10 : 3);
    expect(evaluation === undefined).toBe(family === "optimizers");
  });
});

test("scalar wants one element", () => {
  expect(scalar({ dtype: "float64", shape: [], data: Float64Array.of(2) })).toBe(2);
  expect(() => scalar({ dtype: "float64", shape: [2], data: Float64Array.of(1, 2) })).toThrow("one element");
});
