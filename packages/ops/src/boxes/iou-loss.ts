/**
 * Losses of the overlap of boxes, pair by pair. With I the intersection, U the union, C the smallest box around both, d the
 * distance of the centres and c the diagonal of C:
 *
 *   iou    1 − I/U                    (J. Yu et al., "UnitBox", 2016)
 *   giou   1 − I/U + (|C| − U)/|C|    (H. Rezatofighi et al., "Generalized intersection over union", CVPR 2019)
 *   diou   1 − I/U + d²/c²            (Z. Zheng et al., "Distance-IoU loss", AAAI 2020)
 *
 * giou and diou have a gradient where the boxes are apart, iou has none. ε keeps every denominator away from 0.
 */

import { type Attributes, checkOptions, defineOp, derive, sizeOf, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandEqualShapes } from "../loss/mse.ts";
import { readNumber } from "../loss/number-option.ts";
import { lossShape, type Reduction, readReduction, reduceLoss } from "../loss/reduction.ts";
import { demandSameFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { show } from "../window/options.ts";
import { demandBoxes, overlapOf, type Sides4, sidesOf } from "./box-sides.ts";

export type IouKind = "iou" | "giou" | "diou";

interface IouAttributes extends Attributes {
  readonly kind: IouKind;
  readonly eps: number;
  readonly reduction: Reduction;
}

function readKind(problems: Problems, value: unknown): IouKind {
  if (value === undefined) return "giou";
  if (value === "iou" || value === "giou" || value === "diou") return value;
  problems.option({
    summary: 'kind must be "iou", "giou" or "diou"',
    detail: `kind is ${show(value)}`,
    fix: 'write kind: "giou"',
  });
  return "giou";
}

function penalty(a: Sides4, b: Sides4, union: Tensor, { kind, eps }: IouAttributes): Tensor | undefined {
  if (kind === "iou") return undefined;
  const [ax1, ay1, ax2, ay2] = a;
  const [bx1, by1, bx2, by2] = b;
  const width = ax2.maximum(bx2).sub(ax1.minimum(bx1));
  const height = ay2.maximum(by2).sub(ay1.minimum(by1));
  if (kind === "giou") {
    const around = width.mul(height);
    return around.sub(union).div(around.add(eps));
  }
  const dx = ax1.add(ax2).sub(bx1).sub(bx2).mul(0.5);
  const dy = ay1.add(ay2).sub(by1).sub(by2).mul(0.5);
  return dx.square().add(dy.square()).div(width.square().add(height.square()).add(eps));
}

export const iouLossOp = defineOp<IouAttributes>({
  name: "iouLoss",
  inputNames: ["prediction", "target"],
  infer: ({ inputs, attributes: { reduction } }) => {
    const [prediction, target] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandBoxes(problems, "prediction", prediction);
    demandEqualShapes(problems, ["prediction", "target"], prediction, target);
    demandSameFloat(problems, { prediction, target });
    problems.throw([named("prediction", prediction), named("target", target)]);
    return { shape: lossShape(prediction.shape.slice(0, -1), reduction), dtype: prediction.dtype };
  },
  flops: ({ inputs: [prediction] }) => 8 * sizeOf((prediction as TensorSpec).shape),
  vjp: derive,
  expand: ([prediction, target], attributes) => {
    const [a, b] = [sidesOf(prediction as Tensor), sidesOf(target as Tensor)];
    const { intersection, union } = overlapOf(a, b);
    const apart = intersection.div(union.add(attributes.eps)).neg().add(1);
    const more = penalty(a, b, union, attributes);
    return reduceLoss(more === undefined ? apart : apart.add(more), attributes.reduction);
  },
});

export interface IouLossOptions {
  /** Default "giou". */
  readonly kind?: IouKind | undefined;
  /** Added to every denominator, in squares of the boxes' unit. Default 1e-7. */
  readonly eps?: number | undefined;
  /** "mean" over the boxes (default), "sum", or "none" for a loss a box. */
  readonly reduction?: Reduction | undefined;
}

/**
 * Loss of the overlap of each box of `prediction` […, 4] with the same box of `target`, both x1, y1, x2, y2 with x1 ≤ x2 and
 * y1 ≤ y2, of one shape and one float dtype. Differentiable in both. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example iouLoss(boxConvert(decoded, { from: "cxcywh", to: "xyxy" }), truth, { reduction: "sum" })
 */
export function iouLoss(prediction: Tensor, target: Tensor, options: IouLossOptions = {}): Tensor {
  checkOptions("iouLoss", options, ["kind", "eps", "reduction"]);
  const problems = new Problems();
  const attributes = {
    kind: readKind(problems, options.kind),
    eps: readNumber(problems, "eps", options.eps, 1e-7, { from: 0 }),
    reduction: readReduction(problems, options.reduction),
  };
  problems.throwFrom("iouLoss", [named("prediction", prediction), named("target", target)]);
  return iouLossOp.apply([prediction, target], attributes);
}
