/**
 * Smooth L1 (R. Girshick, "Fast R-CNN", ICCV 2015), with a threshold β:
 *
 *   f(d) = d² / (2β) where |d| < β, else |d| − β/2
 *
 * With q = min(|d|, β) both are q (|d| − q/2) / β, in which no square of a large d is formed. f'(d) = d/β limited to ±1:
 * it is continuous, so there is no kink to decide. β = 0 is |d|, as in PyTorch.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { differenceLoss } from "./difference-loss.ts";
import { readNumber } from "./number-option.ts";
import { type Reduction, readReduction } from "./reduction.ts";

export const smoothL1Op = differenceLoss({
  name: "smoothL1",
  value: (d, { threshold: beta = 1 }) => {
    const size = d.abs();
    if (beta === 0) return size;
    const q = size.minimum(beta);
    return q.div(beta).mul(size.sub(q.mul(0.5)));
  },
  slope: (d, { threshold: beta = 1 }) => (beta === 0 ? d.sign() : d.div(beta).clamp(-1, 1)),
  flops: 6,
});

export interface SmoothL1Options {
  /** Difference at which the parabola becomes a line, 0 or more. Default 1. */
  readonly beta?: number | undefined;
  /** "mean" over all elements (default), "sum", or "none" for a loss an element. */
  readonly reduction?: Reduction | undefined;
}

/**
 * Smooth L1: quadratic for differences below `beta`, absolute above, with slopes of at most 1. Both are plain values of
 * one shape and one float dtype; differentiable in both. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example smoothL1(offsets, truth, { beta: 1 / 9 })
 */
export function smoothL1(prediction: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  checkOptions("smoothL1", options, ["beta", "reduction"]);
  const problems = new Problems();
  const reduction = readReduction(problems, options.reduction);
  const threshold = readNumber(problems, "beta", options.beta, 1, { from: 0 });
  problems.throwFrom("smoothL1", [named("prediction", prediction), named("target", target)]);
  return smoothL1Op.apply([prediction, target], { reduction, threshold });
}
