/**
 * Between cross-correlation, which networks compute, and convolution as mathematics defines it:
 * (I ∗ K)(i, j) = Σ_{m, n} I(i − m, j − n) K(m, n) is the cross-correlation with K turned by 180°.
 */

import { locate, ShapeError, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";

/**
 * `weight` [O, I, KH, KW], or any tensor whose last two axes are a kernel, mirrored along both of them.
 * Throws `ShapeError` below rank 2.
 *
 * @example conv2d(image, flipKernel(kernel)) // the mathematical convolution
 */
export function flipKernel(weight: Tensor): Tensor {
  if (weight.rank >= 2) return weight.flip([-2, -1]);
  throw locate(
    new ShapeError({
      op: "flipKernel",
      summary: "a kernel has at least 2 axes",
      operands: [named("weight", weight)],
      problems: [`weight has rank ${weight.rank}`],
      fix: "reshape weight to [KH, KW]",
    }),
  );
}
