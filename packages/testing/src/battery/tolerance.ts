/**
 * How far another executor may be from the reference, by the kinds of kernels that it runs.
 *
 * The reference sums in float64 and rounds once; an executor that sums in the dtype itself, in its own order, is off by a
 * few units in the last place a step. Data movement must be exact.
 */

import type { Kernel, KernelKind } from "@prewitt/core";
import type { Tolerance } from "../bits.ts";
import type { FloatType } from "./inputs.ts";

/** In units of the dtype's rounding, 2⁻²⁴ or 2⁻⁵³. */
const units: Record<KernelKind, { readonly relative: number; readonly ofLargest: number }> = {
  map: { relative: 16, ofLargest: 0.5 },
  reduce: { relative: 32, ofLargest: 16 },
  scan: { relative: 32, ofLargest: 16 },
  contract: { relative: 64, ofLargest: 32 },
  conv: { relative: 64, ofLargest: 64 },
  pool: { relative: 32, ofLargest: 4 },
  scatter: { relative: 32, ofLargest: 16 },
  sort: { relative: 0, ofLargest: 0 },
  gather: { relative: 0, ofLargest: 0 },
  random: { relative: 0, ofLargest: 0 },
  copy: { relative: 0, ofLargest: 0 },
  check: { relative: 0, ofLargest: 0 },
  host: { relative: 0, ofLargest: 0 },
};

/** Errors of kernels that follow one another add up. */
export function toleranceOf(kernels: readonly Kernel[], float: FloatType): Tolerance {
  const rounding = float === "float32" ? 2 ** -24 : 2 ** -53;
  const sum = (of: "relative" | "ofLargest"): number =>
    kernels.reduce((total, k) => total + units[k.kind][of], 0) * rounding;
  return { relative: sum("relative"), ofLargest: sum("ofLargest") };
}
