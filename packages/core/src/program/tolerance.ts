/**
 * How far an executor may be from the reference, kind by kind: the one table that the op battery, the random graphs and
 * the checking mode go by.
 *
 * The reference sums in float64 and rounds once; an executor that sums in the dtype itself, in its own order, is off by a
 * few units in the last place a step. Errors of a sum of n terms grow as √n. Arithmetic in scalar expressions must have
 * the reference's bits, functions such as exp may be off by `functionUlps`; data movement must be exact. Winograd's
 * transforms amplify the rounding of their inputs, and its errors are those of whole tiles: it has bounds of its own.
 *
 * NaN and infinities go where IEEE arithmetic and the reference send them, with one exception: a convolution may hand them
 * on to more elements than read them (padding times an infinite weight; Winograd, to whole tiles).
 */

import type { DType } from "../tensor/dtype.ts";
import type { Kernel, KernelKind } from "./kernels.ts";

/** A bound: |actual − expected| ≤ relative · |expected| + ofLargest · (largest finite value that is read or expected). */
export interface KernelTolerance {
  readonly relative: number;
  readonly ofLargest: number;
}

/** In units of the dtype's rounding, 2⁻²⁴ or 2⁻⁵³. */
export const toleranceUnits: Readonly<Record<KernelKind | "winograd", KernelTolerance>> = {
  map: { relative: 16, ofLargest: 0.5 },
  reduce: { relative: 32, ofLargest: 16 },
  scan: { relative: 32, ofLargest: 16 },
  contract: { relative: 64, ofLargest: 32 },
  conv: { relative: 64, ofLargest: 64 },
  winograd: { relative: 64, ofLargest: 1024 },
  pool: { relative: 32, ofLargest: 4 },
  scatter: { relative: 32, ofLargest: 16 },
  sort: { relative: 0, ofLargest: 0 },
  gather: { relative: 0, ofLargest: 0 },
  random: { relative: 0, ofLargest: 0 },
  copy: { relative: 0, ofLargest: 0 },
  check: { relative: 0, ofLargest: 0 },
  host: { relative: 0, ofLargest: 0 },
};

/** Largest errors of functions in scalar expressions, in units in the last place of the exact result. */
export const functionUlps: Readonly<Record<string, number>> = {
  exp: 2,
  expm1: 2,
  log: 2,
  log1p: 2,
  tanh: 3,
  sigmoid: 3,
  erf: 2,
  sin: 2,
  cos: 2,
  pow: 1,
};

/** Sums of up to this many terms have the bounds of the table; longer ones √(terms / this) as much. */
const TABLE_TERMS = 64;

/** Terms of the longest sum in a kernel. */
function termsOf(kernel: Kernel): number {
  switch (kernel.kind) {
    case "contract":
      return kernel.k;
    case "conv": {
      const { batch, channels, filters, axes } = kernel.geometry;
      const taps = axes[0].kernel * axes[1].kernel;
      if (kernel.direction === "weightGradient") return batch * axes[0].output * axes[1].output;
      return taps * (kernel.direction === "forward" ? channels : filters);
    }
    case "reduce":
      return kernel.axes.reduce((n, axis) => n * (kernel.shape[axis] as number), 1);
    case "scan":
      return kernel.reads[0]?.shape[kernel.axis] ?? 1;
    case "scatter":
      return kernel.shape[kernel.axis] ?? 1;
    default:
      return 1;
  }
}

/** Half a unit in the last place of 1. Integers are exact. */
export function roundingOf(dtype: DType): number {
  return dtype === "float32" ? 2 ** -24 : dtype === "float64" ? 2 ** -53 : 0;
}

/**
 * The bound of a kernel whose results have the given dtype. `variant` is what the executor calls the code that it chose:
 * names with "winograd" in them have Winograd's bounds.
 */
export function kernelTolerance(kernel: Kernel, dtype: DType, variant = ""): KernelTolerance {
  const units = toleranceUnits[kernel.kind === "conv" && variant.includes("winograd") ? "winograd" : kernel.kind];
  const scale = roundingOf(dtype) * Math.sqrt(Math.max(1, termsOf(kernel) / TABLE_TERMS));
  return { relative: units.relative * scale, ofLargest: units.ofLargest * scale };
}
