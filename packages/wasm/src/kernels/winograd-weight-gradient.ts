/**
 * Weight gradient of a 3×3 convolution by Winograd, F(3×3, 4×4): dw is the correlation of x with dy; each 6×6 tile of x
 * meets the 4×4 tile of dy at the same place, and all tiles add up before the one transform back:
 *
 *     dw = Aᵀ [ Σ_tiles (G dy Gᵀ) ⊙ (Bᵀ x B) ] A
 *
 * Two arrangements. Chunked, for few channels: tasks are runs of tile rows, each with partial sums of its own in shared
 * memory. Staged, for many: all tiles are transformed into shared memory, then tasks are blocks of dw that sum over all
 * tiles in their thread's scratch, so that the sums (36 times the weights' size over 9) never travel.
 */

import type { Kernel } from "./kernel.ts";
import { chunkedGradient } from "./winograd-gradient-chunked.ts";
import type { WinogradWeightGradientSpec } from "./winograd-gradient-plan.ts";
import { stagedGradient } from "./winograd-gradient-staged.ts";

export type { WinogradWeightGradientVariant } from "./winograd-gradient-plan.ts";

export function winogradWeightGradient(spec: WinogradWeightGradientSpec): Kernel {
  return spec.arrangement === "chunked" ? chunkedGradient(spec) : stagedGradient(spec);
}
