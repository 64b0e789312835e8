/**
 * How far another executor may be from the reference over a whole program: errors of kernels that follow one another add
 * up. The bounds of single kernels are core's.
 */

import { type Kernel, kernelTolerance } from "@prewitt/core";
import type { Tolerance } from "../bits.ts";
import type { FloatType } from "./inputs.ts";

export function toleranceOf(kernels: readonly Kernel[], float: FloatType, variants: readonly string[] = []): Tolerance {
  const bounds = kernels.map((kernel, i) => kernelTolerance(kernel, float, variants[i]));
  return {
    relative: bounds.reduce((sum, b) => sum + b.relative, 0),
    ofLargest: bounds.reduce((sum, b) => sum + b.ofLargest, 0),
  };
}
