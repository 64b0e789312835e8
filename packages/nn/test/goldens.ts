/** Golden values as tensors, and comparison against them. */

import { type DType, type Tensor, tensor } from "@prewitt/core";
import { expect } from "vitest";
import type { GoldenTensor, Tensors } from "../../../test/goldens/load.ts";

export type FloatDType = "float32" | "float64";

/** As a tensor; floats in the dtype asked for. */
export function asTensor(golden: GoldenTensor | undefined, float: FloatDType = "float64"): Tensor {
  if (golden === undefined) throw new Error("no such golden tensor");
  const dtype: DType = golden.dtype === "int32" ? "int32" : float;
  const data =
    dtype === "int32"
      ? Int32Array.from(golden.data)
      : dtype === "float32"
        ? Float32Array.from(golden.data)
        : Float64Array.from(golden.data);
  return tensor(data, { shape: golden.shape });
}

export function asTensors(goldens: Tensors, float: FloatDType = "float64"): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(goldens).map(([k, g]) => [k, asTensor(g, float)]));
}

/** |a − b| ≤ tolerance · max(1, largest |b|), element by element. */
export function expectClose(actual: Tensor, golden: GoldenTensor | undefined, tolerance: number, what = "value"): void {
  if (golden === undefined) throw new Error(`no golden tensor for ${what}`);
  expect(actual.shape, what).toEqual(golden.shape);
  const data = actual.dataSync();
  const scale = Array.from(golden.data).reduce((m, b) => Math.max(m, Math.abs(b)), 1);
  let worst = 0;
  golden.data.forEach((b, i) => {
    const error = Math.abs((data[i] as number) - b);
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  });
  expect(worst / scale, what).toBeLessThanOrEqual(tolerance);
}
