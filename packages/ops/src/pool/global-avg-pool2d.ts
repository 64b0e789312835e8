/** Mean of every plane: `x` [N, C, H, W] → [N, C], or [N, C, 1, 1] with `keepDims`. */

import { checkOptions, type Tensor } from "@prewitt/core";
import { demandFloat, demandImages, IMAGE_AXES, named } from "../operands.ts";
import { Problems } from "../problems.ts";

export interface GlobalAvgPool2dOptions {
  /** Keep H and W with size 1. Default false. */
  readonly keepDims?: boolean | undefined;
}

/**
 * Mean over H and W: `x` [N, C, H, W], float → [N, C], or [N, C, 1, 1] with `keepDims`.
 * Throws `ShapeError` unless x has 4 axes, `DTypeError` for integers.
 *
 * @example const logits = globalAvgPool2d(features).matmul(weight) // [N, C, 7, 7] → [N, C] → [N, classes]
 */
export function globalAvgPool2d(x: Tensor, options: GlobalAvgPool2dOptions = {}): Tensor {
  checkOptions("globalAvgPool2d", options, ["keepDims"]);
  const problems = new Problems();
  demandImages(problems, "x", x);
  demandFloat(problems, "x", x);
  problems.throwFrom("globalAvgPool2d", [named("x", x, IMAGE_AXES)]);
  return x.mean({ axis: [2, 3], keepDims: options.keepDims ?? false });
}
