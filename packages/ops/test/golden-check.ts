/**
 * Comparison with golden cases: values, first gradients, and second order where recorded.
 *
 * |a − b| ≤ tolerance · max(1, largest |b| of the tensor), tolerance 1e-5 in float32 and 1e-10 in float64; NaN and infinities
 * must be equal.
 */

import { evaluate, scalarNode, type Tensor, tensor, vjp } from "@prewitt/core";
import { expect } from "vitest";
import type { GoldenCase, GoldenTensor } from "../../../test/goldens/load.ts";

export type Float = "float32" | "float64";
/** Tensors by name. */
export type Named = Readonly<Record<string, Tensor>>;

/** Computes the outputs of a case. */
export type RunGolden = (c: GoldenCase, inputs: Named, float: Float) => Named;

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

/** Options with their golden tensors as tensors. */
export function withTensors<O extends object>(options: O, float: Float): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      const isTensor = typeof value === "object" && value !== null && "data" in value;
      return [key, isTensor ? toTensor(value as GoldenTensor, float) : value];
    }),
  );
}

/** Gradients of Σ ⟨output, cotangent⟩ in the named inputs, as a function of inputs and cotangents. */
function gradientsOf(run: RunGolden, c: GoldenCase, all: Named, float: Float) {
  return (xs: Record<string, Tensor>, cotangents: Record<string, Tensor>): Record<string, Tensor> => {
    const [, pull] = vjp((given: Record<string, Tensor>) => {
      const outputs = run(c, { ...all, ...given }, float);
      return Object.fromEntries(Object.keys(cotangents).map((name) => [name, outputs[name] as Tensor]));
    }, xs);
    return pull(cotangents) as Record<string, Tensor>;
  };
}

function checkSecond(run: RunGolden, c: GoldenCase, all: Named, float: Float): void {
  const { second } = c;
  if (second === undefined) return;
  const xs = toTensors(
    Object.fromEntries(Object.keys(c.gradients).map((k) => [k, c.inputs[k] as GoldenTensor])),
    float,
  );
  const cotangents = toTensors(c.cotangents, float);
  const directions = toTensors(second.directions, float);
  const first = gradientsOf(run, c, all, float);
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

/** Runs a case and compares everything that it records. */
export function checkGolden(run: RunGolden, c: GoldenCase, float: Float): void {
  const tolerance = tolerances[float];
  const all = toTensors(c.inputs, float);
  const outputs = run(c, all, float);
  const names = Object.keys(c.gradients);
  const xs = Object.fromEntries(names.map((name) => [name, all[name] as Tensor]));
  const gradients = names.length === 0 ? {} : gradientsOf(run, c, all, float)(xs, toTensors(c.cotangents, float));
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
  checkSecond(run, c, all, float);
}
