/**
 * Dice loss (F. Milletari, N. Navab, S.-A. Ahmadi, "V-Net", 3DV 2016; the denominator without squares as most segmentation
 * code has it): one minus the overlap of prediction and truth, for every sample n and class c,
 *
 *   ℓ_nc = 1 − (2 I + ε) / (P + T + ε),   I = Σ p t, P = Σ p, T = Σ t over the positions of the plane
 *
 * ε = `smooth` keeps the gradient finite for a class that is absent, and makes predicting nothing of it perfect.
 */

import {
  type Attributes,
  checkOptions,
  defineOp,
  derive,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { channelAxes, demandSameFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { readFlag } from "../window/options.ts";
import { demandEqualShapes } from "./mse.ts";
import { readNumber } from "./number-option.ts";
import { lossShape, type Reduction, readReduction, reduceLoss } from "./reduction.ts";

interface DiceAttributes extends Attributes {
  readonly reduction: Reduction;
  readonly smooth: number;
  readonly batch: boolean;
}

/** Axes that one overlap is summed over: all but [N, C], or all but C. */
function summedAxes(rank: number, batch: boolean): number[] {
  const plane = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  return batch ? [0, ...plane] : plane;
}

function overlapShape(shape: Shape, batch: boolean): Shape {
  return batch ? [shape[1] as number] : shape.slice(0, 2);
}

export const diceLossOp = defineOp<DiceAttributes>({
  name: "diceLoss",
  inputNames: ["probabilities", "targets"],
  infer: ({ inputs, attributes: { reduction, batch } }) => {
    const [probabilities, targets] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    const rank = probabilities.shape.length;
    if (rank < 3) {
      problems.shape({
        summary: "probabilities must have the axes [N, C, …] with positions behind them",
        detail: `probabilities have rank ${rank}`,
        fix: "give probabilities the axes [N, C, H, W]; C = 1 for one mask",
      });
    }
    demandEqualShapes(problems, ["probabilities", "targets"], probabilities, targets);
    demandSameFloat(problems, { probabilities, targets });
    const axes = channelAxes(rank);
    problems.throw([named("probabilities", probabilities, axes), named("targets", targets, axes)]);
    return { shape: lossShape(overlapShape(probabilities.shape, batch), reduction), dtype: probabilities.dtype };
  },
  flops: ({ inputs: [p] }) => 4 * sizeOf((p as TensorSpec).shape),
  vjp: derive,
  expand: ([probabilities, targets], { reduction, smooth, batch }) => {
    const [p, t] = [probabilities as Tensor, targets as Tensor];
    const axis = summedAxes(p.rank, batch);
    const overlap = p.mul(t).sum({ axis }).mul(2).add(smooth);
    const whole = p.sum({ axis }).add(t.sum({ axis })).add(smooth);
    return reduceLoss(overlap.div(whole).neg().add(1), reduction);
  },
});

export interface DiceLossOptions {
  /** Added to numerator and denominator, 0 or more. With 0, a class that is in neither gives 0/0 = NaN. Default 1. */
  readonly smooth?: number | undefined;
  /** Sum over the whole batch too, for one overlap a class: steadier where most samples lack a class. Default false. */
  readonly batch?: boolean | undefined;
  /** "mean" over [N, C], or over [C] with `batch` (default), "sum", or "none". */
  readonly reduction?: Reduction | undefined;
}

/**
 * One minus the Dice coefficient of `probabilities` [N, C, …] (after sigmoid or softmax) and `targets` of the same shape and
 * float dtype: masks, or one-hot classes. Rare classes weigh as much as common ones. Differentiable in both.
 * Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example diceLoss(logits.sigmoid(), mask).add(bceWithLogits(logits, mask))   // [N, 1, H, W]
 */
export function diceLoss(probabilities: Tensor, targets: Tensor, options: DiceLossOptions = {}): Tensor {
  checkOptions("diceLoss", options, ["smooth", "batch", "reduction"]);
  const problems = new Problems();
  const attributes = {
    reduction: readReduction(problems, options.reduction),
    smooth: readNumber(problems, "smooth", options.smooth, 1, { from: 0 }),
    batch: readFlag(problems, "batch", options.batch ?? false),
  };
  problems.throwFrom("diceLoss", [named("probabilities", probabilities), named("targets", targets)]);
  return diceLossOp.apply([probabilities, targets], attributes);
}
