/** Mean absolute error: f(d) = |d|, f'(d) = sign d, 0 at 0. */

import { checkOptions, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { differenceLoss } from "./difference-loss.ts";
import { type Reduction, readReduction } from "./reduction.ts";

export const l1LossOp = differenceLoss({
  name: "l1Loss",
  value: (d) => d.abs(),
  slope: (d) => d.sign(),
  flops: 2,
});

export interface L1LossOptions {
  /** "mean" over all elements (default), "sum", or "none" for a loss an element. */
  readonly reduction?: Reduction | undefined;
}

/**
 * |prediction − target|, averaged. Both are plain values of one shape and one float dtype; differentiable in both, with
 * the gradient 0 where they are equal. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example const loss = l1Loss(upscaler.forward(small), large);
 */
export function l1Loss(prediction: Tensor, target: Tensor, options: L1LossOptions = {}): Tensor {
  checkOptions("l1Loss", options, ["reduction"]);
  const problems = new Problems();
  const reduction = readReduction(problems, options.reduction);
  problems.throwFrom("l1Loss", [named("prediction", prediction), named("target", target)]);
  return l1LossOp.apply([prediction, target], { reduction });
}
