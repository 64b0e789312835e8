// Normalisation and dropout: what holds for the outputs as a whole, and what the planner makes of them.

import { collect, grad, moments, planStages, referenceExecutor, type Tensor, tensor } from "@prewitt/core";
import { batchNorm, dropout, groupNorm, layerNorm } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

const wave = (shape: readonly number[], dtype: "float32" | "float64" = "float64"): Tensor => {
  const values = Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => 3 + Math.sin(i * 1.3) * (1 + (i % 5)),
  );
  return tensor(dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values), { shape });
};

function expectStandard(y: Tensor, axis: readonly number[]): void {
  const { mean, variance } = moments(y, { axis });
  for (const m of mean.dataSync()) expect(m).toBeCloseTo(0, 12);
  for (const v of variance.dataSync()) expect(v).toBeCloseTo(1, 6);
}

test("every norm leaves mean 0 and variance 1 over its axes", () => {
  const x = wave([4, 6, 3, 5]);
  const eps = 1e-9;
  expectStandard(batchNorm(x, { eps }).y, [0, 2, 3]);
  expectStandard(layerNorm(x, { axis: [1, 2, 3], eps }), [1, 2, 3]);
  expectStandard(layerNorm(x, { axis: 1, eps }), [1]);
  expectStandard(groupNorm(x, { groups: 3, eps }).reshape([4, 3, 30]), [2]);
});

test("one group is layer norm, and scale and shift are per channel", () => {
  const x = wave([2, 3, 4]);
  const [weight, bias] = [tensor(Float64Array.of(1, 2, 3)), tensor(Float64Array.of(10, 20, 30))];
  const plain = layerNorm(x, { axis: [1, 2] });
  const grouped = groupNorm(x, { groups: 1, weight, bias });
  const wanted = plain
    .mul(weight.reshape([1, 3, 1]))
    .add(bias.reshape([1, 3, 1]))
    .dataSync();
  grouped.dataSync().forEach((v, i) => {
    expect(v).toBeCloseTo(wanted[i] as number, 12);
  });
});

test("a batch norm used twice in one step adds up both gradients", () => {
  const [a, b] = [wave([3, 2, 2, 2]), wave([4, 2, 3, 3]).mul(2)];
  const weight = tensor(Float64Array.of(1.5, 0.5));
  const bias = tensor(Float64Array.of(0, 1));
  const loss = (x: Tensor): Tensor => batchNorm(x, { weight, bias }).y.square().sum();
  const both = grad(loss(a).add(loss(b)), { weight, bias });
  const [first, second] = [grad(loss(a), { weight, bias }), grad(loss(b), { weight, bias })];
  for (const key of ["weight", "bias"] as const) {
    const sum = first[key].add(second[key]).dataSync();
    expect([...both[key].dataSync()]).toEqual([...sum]);
  }
});

describe("what the planner makes of batch norm", () => {
  const kernelsOf = (...outputs: readonly Tensor[]) =>
    planStages(collect(outputs), referenceExecutor({ fuse: true }).traits).program.kernels;

  test("running statistics come from the same pass over x", () => {
    const x = wave([4, 3, 5, 5]);
    const { y } = batchNorm(x);
    const { mean, variance } = moments(x, { axis: [0, 2, 3], keepDims: true });
    const kernels = kernelsOf(y, mean, variance);
    const passes = kernels.filter((k) => k.kind === "reduce" && k.accumulators.some((a) => a.kind === "moments"));
    expect(passes).toHaveLength(1);
  });

  test("the backward pass reads x and dy in one reduction, which gives both sums", () => {
    const x = wave([4, 3, 5, 5]);
    const weight = tensor(Float64Array.of(1, 2, 3));
    const { y } = batchNorm(x, { weight });
    const { dx, dw } = grad(y.mul(wave([4, 3, 5, 5])).sum(), { dx: x, dw: weight });
    const kinds = kernelsOf(dx, dw).flatMap((k) =>
      k.kind === "reduce" ? [k.accumulators.map((a) => a.kind).join()] : [],
    );
    expect(kinds.sort()).toEqual(["moments", "sum,sum"]);
  });
});

describe("dropout", () => {
  const key = (a: number, b: number): Tensor => tensor(Int32Array.of(a, b));
  const ones = (dtype: "float32" | "float64"): Tensor =>
    tensor(dtype === "float64" ? new Float64Array(4000).fill(1) : new Float32Array(4000).fill(1));

  test("keeps the expectation, and drops at the rate", () => {
    for (const rate of [0.1, 0.5, 0.75]) {
      const y = dropout(ones("float64"), { rate, key: key(1, 2) }).dataSync();
      const dropped = y.filter((v) => v === 0).length / y.length;
      expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / y.length));
      for (const v of y) if (v !== 0) expect(v).toBeCloseTo(1 / (1 - rate), 6);
    }
  });

  test("equal keys drop the same elements, in both float types and in the gradient; other keys others", () => {
    const x = ones("float64");
    const y = dropout(x, { rate: 0.5, key: key(7, 0) });
    const mask = [...y.dataSync()].map((v) => v === 0);
    const single = [...dropout(ones("float32"), { rate: 0.5, key: key(7, 0) }).dataSync()];
    expect(single.map((v) => v === 0)).toEqual(mask);
    expect([...grad(y.sum(), x).dataSync()].map((v) => v === 0)).toEqual(mask);
    const other = [...dropout(x, { rate: 0.5, key: key(7, 1) }).dataSync()];
    expect(other.map((v) => v === 0)).not.toEqual(mask);
  });

  test("a dropped element hands nothing on, not even NaN", () => {
    const y = dropout(ones("float32").mul(Number.NaN), { rate: 0.5, key: key(3, 4) }).dataSync();
    expect(y.some((v) => v === 0) && y.some((v) => Number.isNaN(v))).toBe(true);
  });
});
