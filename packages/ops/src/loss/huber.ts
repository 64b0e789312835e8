/**
 * Huber's loss (P. Huber, "Robust estimation of a location parameter", 1964): δ times smooth L1 with β = δ,
 *
 *   f(d) = d²/2 where |d| ≤ δ, else δ (|d| − δ/2);   with q = min(|d|, δ) both are q (|d| − q/2)
 *
 * f'(d) = d limited to ±δ.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { differenceLoss } from "./difference-loss.ts";
import { readNumber } from "./number-option.ts";
import { type Reduction, readReduction } from "./reduction.ts";

export const huberOp = differenceLoss({
  name: "huber",
  value: (d, { threshold: delta = 1 }) => {
    const size = d.abs();
    const q = size.minimum(delta);
    return q.mul(size.sub(q.mul(0.5)));
  },
  slope: (d, { threshold: delta = 1 }) => d.clamp(-delta, delta),
  flops: 5,
});

export interface HuberOptions {
  /** Difference at which the parabola becomes a line, above 0. Default 1. */
  readonly delta?: number | undefined;
  /** "mean" over all elements (default), "sum", or "none" for a loss an element. */
  readonly reduction?: Reduction | undefined;
}

/**
 * Half the square of differences up to `delta`, a line of slope `delta` beyond. Both are plain values of one shape and one
 * float dtype; differentiable in both. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example huber(angle, truth, { delta: 0.1 })
 */
export function huber(prediction: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  checkOptions("huber", options, ["delta", "reduction"]);
  const problems = new Problems();
  const reduction = readReduction(problems, options.reduction);
  const threshold = readNumber(problems, "delta", options.delta, 1, { from: 0, open: true });
  problems.throwFrom("huber", [named("prediction", prediction), named("target", target)]);
  return huberOp.apply([prediction, target], { reduction, threshold });
}
