/**
 * Focal loss (T.-Y. Lin et al., "Focal loss for dense object detection", ICCV 2017): binary cross-entropy of logits in which
 * elements that are right already count less.
 *
 * With s = σ(x), s' = σ(−x), ζ softplus, t the target and α_t = α t + (1 − α)(1 − t):
 *
 *   c = t ζ(−x) + (1 − t) ζ(x)      cross-entropy
 *   m = t s' + (1 − t) s            1 − p_t: how wrong the element is
 *   ℓ = α_t mᵞ c
 *
 * c and m are sums of numbers that are not negative, so nothing cancels where p_t rounds to 1. The gradient is derived
 * from that form; mᵞ⁻¹ would overflow for γ < 1 (and mᵞ⁻² in second order) where m underflows, so m is kept above a floor
 * there. c is as small as m, and the loss below the floor itself.
 */

import { type Attributes, checkOptions, defineOp, derive, sizeOf, type Tensor, type TensorSpec } from "@prewitt/core";
import { softplus } from "../activation/softplus.ts";
import { demandSameFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { demandEqualShapes } from "./mse.ts";
import { readNumber } from "./number-option.ts";
import { lossShape, type Reduction, readReduction, reduceLoss } from "./reduction.ts";

interface FocalAttributes extends Attributes {
  readonly reduction: Reduction;
  readonly alpha: number | null;
  readonly gamma: number;
}

const FLOOR = { float32: 1e-18, float64: 1e-150 } as const;

function lossOf(x: Tensor, t: Tensor, { alpha, gamma }: FocalAttributes): Tensor {
  const rest = t.neg().add(1);
  const entropy = t.mul(softplus(x.neg())).add(rest.mul(softplus(x)));
  const weighted = alpha === null ? entropy : entropy.mul(t.mul(alpha).add(rest.mul(1 - alpha)));
  if (gamma === 0) return weighted;
  const wrong = t.mul(x.neg().sigmoid()).add(rest.mul(x.sigmoid()));
  const integer = Number.isInteger(gamma);
  const base = integer ? wrong : wrong.maximum(FLOOR[x.dtype as "float32" | "float64"]);
  return weighted.mul(gamma === 1 ? base : gamma === 2 ? base.square() : base.pow(gamma));
}

export const focalLossOp = defineOp<FocalAttributes>({
  name: "focalLoss",
  inputNames: ["logits", "targets"],
  infer: ({ inputs, attributes: { reduction } }) => {
    const [logits, targets] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandEqualShapes(problems, ["logits", "targets"], logits, targets);
    demandSameFloat(problems, { logits, targets });
    problems.throw([named("logits", logits), named("targets", targets)]);
    return { shape: lossShape(logits.shape, reduction), dtype: logits.dtype };
  },
  flops: ({ inputs: [logits] }) => 24 * sizeOf((logits as TensorSpec).shape),
  vjp: derive,
  expand: ([logits, targets], attributes) =>
    reduceLoss(lossOf(logits as Tensor, targets as Tensor, attributes), attributes.reduction),
});

export interface FocalLossOptions {
  /**
   * Weight of the positive class, from 0 to 1; the negative one has 1 − alpha. `null` weights neither. Default 0.25, which
   * with gamma 2 is RetinaNet's.
   */
  readonly alpha?: number | null | undefined;
  /** How much less the easy elements count, 0 or more; 0 is cross-entropy. Default 2. */
  readonly gamma?: number | undefined;
  /**
   * "mean" over all elements (default), "sum", or "none" for a loss an element. Detectors divide the sum by the number of
   * objects.
   */
  readonly reduction?: Reduction | undefined;
}

/**
 * Focal loss of `logits` (before the sigmoid) against `targets` in [0, 1] of the same shape and float dtype: for one yes or
 * no an element with few of one kind, such as objects among anchors or lesions among pixels. Finite at any finite logit.
 * Differentiable in both. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example focalLoss(objectness, truth, { reduction: "sum" }).div(objects)
 */
export function focalLoss(logits: Tensor, targets: Tensor, options: FocalLossOptions = {}): Tensor {
  checkOptions("focalLoss", options, ["alpha", "gamma", "reduction"]);
  const problems = new Problems();
  const attributes = {
    reduction: readReduction(problems, options.reduction),
    alpha: options.alpha === null ? null : readNumber(problems, "alpha", options.alpha, 0.25, { from: 0, to: 1 }),
    gamma: readNumber(problems, "gamma", options.gamma, 2, { from: 0 }),
  };
  problems.throwFrom("focalLoss", [named("logits", logits), named("targets", targets)]);
  return focalLossOp.apply([logits, targets], attributes);
}
