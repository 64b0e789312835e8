// Every golden case of the ops, in float32 and in float64: values, first gradients, and second order where recorded.
//
// |a − b| ≤ tolerance · max(1, largest |b| of the tensor), tolerance 1e-5 and 1e-10; NaN and infinities must be equal.

import {
  abs,
  evaluate,
  matmul,
  max,
  mean,
  min,
  moments,
  scalarNode,
  sqrt,
  sum,
  type Tensor,
  tensor,
  variance,
  vjp,
} from "@prewitt/core";
import {
  avgPool2d,
  batchNorm,
  batchNormInference,
  bceWithLogits,
  conv2d,
  crossEntropy,
  gelu,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maxPool2dWithIndex,
  mse,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from "@prewitt/ops";
import { describe, expect, test } from "vitest";
import {
  type CaseFamily,
  type GoldenCase,
  type GoldenOptions,
  type GoldenTensor,
  goldenCases,
} from "../../../test/goldens/load.ts";

type Float = "float32" | "float64";
type Record_ = Readonly<Record<string, Tensor>>;

const tolerances: Record<Float, number> = { float32: 1e-5, float64: 1e-10 };

function toTensor({ dtype, shape, data }: GoldenTensor, float: Float): Tensor {
  const numbers = Array.from(data as ArrayLike<number>);
  const wanted = dtype === "int32" ? "int32" : float;
  const array =
    wanted === "int32"
      ? Int32Array.from(numbers)
      : wanted === "float32"
        ? Float32Array.from(numbers)
        : Float64Array.from(numbers);
  return tensor(array, { shape });
}

function toTensors(tensors: Readonly<Record<string, GoldenTensor>>, float: Float): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, toTensor(t, float)]));
}

/** The largest difference, in units of what is allowed. */
function compare(what: string, actual: Tensor, wanted: GoldenTensor, tolerance: number): void {
  expect([...actual.shape], `${what}: shape`).toEqual([...wanted.shape]);
  const a = actual.dataSync();
  const b = wanted.data;
  let scale = 1;
  for (const v of b) if (Number.isFinite(v)) scale = Math.max(scale, Math.abs(v));
  let worst = -1;
  let at = 0;
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    const same = Object.is(x, y) || x === y;
    const error = same
      ? 0
      : Number.isFinite(x) && Number.isFinite(y)
        ? Math.abs(x - y) / scale
        : Number.POSITIVE_INFINITY;
    if (error > worst) [worst, at] = [error, i];
  }
  expect(worst, `${what}: element ${at} is ${a[at]}, the golden value ${b[at]}`).toBeLessThanOrEqual(tolerance);
}

/** Losses with tensors among their options. */
function withTensors<O extends object>(options: O, float: Float): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      const isTensor = typeof value === "object" && value !== null && "data" in value;
      return [key, isTensor ? toTensor(value as GoldenTensor, float) : value];
    }),
  );
}

function runBatchNorm(c: GoldenCase<"batchNorm">, t: Record_): Record_ {
  const { training, momentum, eps } = c.options;
  const x = t.x as Tensor;
  const affine = { weight: t.weight, bias: t.bias, eps };
  if (!training) {
    return { y: batchNormInference(x, { ...affine, mean: t.runningMean as Tensor, variance: t.runningVar as Tensor }) };
  }
  const { y, mean: m, inverseStd } = batchNorm(x, affine);
  if ("mean" in c.outputs) return { y, mean: m, inverseStd };
  const axis = x.shape.flatMap((_, a) => (a === 1 ? [] : [a]));
  const batch = moments(x, { axis, correction: 1 });
  const factor = momentum ?? 1 / ((c.inputs.numBatchesTracked?.data[0] as number) + 1);
  const blend = (old: Tensor, now: Tensor): Tensor => old.mul(1 - factor).add(now.mul(factor));
  return {
    y,
    runningMean: blend(t.runningMean as Tensor, m),
    runningVar: blend(t.runningVar as Tensor, batch.variance),
    numBatchesTracked: (t.numBatchesTracked as Tensor).add(1),
  };
}

const unary = { abs, sqrt, relu, sigmoid, silu, softplus, logSigmoid, tanh } as const;
const reductions = { sum, mean, max, min } as const;

function run(c: GoldenCase, t: Record_, float: Float): Record_ {
  const x = t.x as Tensor;
  switch (c.op) {
    case "conv2d":
      return { y: conv2d(x, t.weight as Tensor, { ...c.options, bias: t.bias }) };
    case "maxPool2d":
      return { ...maxPool2dWithIndex(x, c.options) };
    case "avgPool2d":
      return { y: avgPool2d(x, c.options) };
    case "batchNorm":
      return runBatchNorm(c, t);
    case "crossEntropy":
      return { y: crossEntropy(t.logits as Tensor, t.target as Tensor, withTensors(c.options, float)) };
    case "binaryCrossEntropyWithLogits":
      return { y: bceWithLogits(t.logits as Tensor, t.target as Tensor, withTensors(c.options, float)) };
    case "meanSquaredError":
      return { y: mse(x, t.target as Tensor, c.options) };
    case "leakyRelu":
      return { y: leakyRelu(x, c.options) };
    case "gelu":
      return { y: gelu(x, c.options) };
    case "softmax":
      return { y: softmax(x, c.options) };
    case "logSoftmax":
      return { y: logSoftmax(x, c.options) };
    case "logSumExp":
      return { y: logSumExp(x, c.options) };
    case "matmul":
      return { y: matmul(t.a as Tensor, t.b as Tensor) };
    case "variance": {
      const { unbiased, ...options } = c.options as GoldenOptions["variance"];
      return { y: variance(x, { ...options, correction: unbiased ? 1 : 0 }) };
    }
    default:
      if (c.op in reductions) {
        const options = c.options as GoldenOptions["sum"];
        return { y: reductions[c.op as keyof typeof reductions](x, options) };
      }
      return { y: unary[c.op as keyof typeof unary](x) };
  }
}

/** Gradients of Σ ⟨output, cotangent⟩ in the named inputs, as a function of inputs and cotangents. */
function gradientsOf(c: GoldenCase, all: Record_, float: Float) {
  return (xs: Record<string, Tensor>, cotangents: Record<string, Tensor>): Record<string, Tensor> => {
    const [, pull] = vjp((given: Record<string, Tensor>) => {
      const outputs = run(c, { ...all, ...given }, float);
      return Object.fromEntries(Object.keys(cotangents).map((name) => [name, outputs[name] as Tensor]));
    }, xs);
    return pull(cotangents) as Record<string, Tensor>;
  };
}

function checkSecond(c: GoldenCase, all: Record_, float: Float): void {
  const { second } = c;
  if (second === undefined) return;
  const xs = toTensors(
    Object.fromEntries(Object.keys(c.gradients).map((k) => [k, c.inputs[k] as GoldenTensor])),
    float,
  );
  const cotangents = toTensors(c.cotangents, float);
  const directions = toTensors(second.directions, float);
  const first = gradientsOf(c, all, float);
  const [value, pull] = vjp(
    (at: { xs: Record<string, Tensor>; cotangents: Record<string, Tensor> }) => {
      const gradients = first(at.xs, at.cotangents);
      const parts = Object.entries(gradients).map(([name, g]) => g.mul(directions[name] as Tensor).sum());
      return parts.reduce((total, part) => total.add(part));
    },
    { xs, cotangents },
  );
  const result = pull(scalarNode(1, float)) as { xs: Record<string, Tensor>; cotangents: Record<string, Tensor> };
  evaluate(value, ...Object.values(result.xs), ...Object.values(result.cotangents));
  const wanted: GoldenTensor = { dtype: "float64", shape: [], data: Float64Array.of(second.value) };
  compare("second-order value", value, wanted, tolerances[float]);
  for (const [name, t] of Object.entries(second.gradients)) {
    compare(`second-order gradient of ${name}`, result.xs[name] as Tensor, t, tolerances[float]);
  }
  for (const [name, t] of Object.entries(second.cotangentGradients)) {
    compare(`gradient of the cotangent of ${name}`, result.cotangents[name] as Tensor, t, tolerances[float]);
  }
}

function check(c: GoldenCase, float: Float): void {
  const tolerance = tolerances[float];
  const all = toTensors(c.inputs, float);
  const outputs = run(c, all, float);
  const names = Object.keys(c.gradients);
  const xs = Object.fromEntries(names.map((name) => [name, all[name] as Tensor]));
  const gradients = names.length === 0 ? {} : gradientsOf(c, all, float)(xs, toTensors(c.cotangents, float));
  evaluate(...Object.values(outputs), ...Object.values(gradients));
  for (const [name, wanted] of Object.entries(c.outputs)) {
    const actual = outputs[name] as Tensor;
    expect(actual.dtype).toBe(wanted.dtype === "int32" ? "int32" : float);
    compare(name, actual, wanted, tolerance);
  }
  for (const [name, wanted] of Object.entries(c.gradients)) {
    const actual = gradients[name] as Tensor;
    expect(actual.dtype).toBe(float);
    compare(`gradient of ${name}`, actual, wanted, tolerance);
  }
  checkSecond(c, all, float);
}

const families: readonly CaseFamily[] = [
  "activations",
  "batch-norm",
  "conv2d",
  "cross-entropy",
  "hard-points",
  "losses",
  "matmul",
  "pool",
  "reduce",
  "softmax",
];

for (const family of families) {
  describe(family, () => {
    for (const float of ["float32", "float64"] as const) {
      for (const c of goldenCases(family)) {
        test(`${c.op}, ${c.name}, ${float}`, () => check(c, float));
      }
    }
  });
}
