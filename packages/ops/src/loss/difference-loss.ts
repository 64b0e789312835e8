/**
 * Losses of the difference d = prediction − target alone, element by element: their shape rule and their gradient.
 *
 * With ℓ_i = f(d_i): p̄_i = f'(d_i) ℓ̄_i and t̄_i = −p̄_i, where ℓ̄_i = ȳ / n for the mean of n elements.
 */

import { type Attributes, defineOp, type Op, sizeOf, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandSameFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { demandEqualShapes } from "./mse.ts";
import { lossShape, type Reduction, reduceLoss, spreadCotangent } from "./reduction.ts";

export interface DifferenceAttributes extends Attributes {
  readonly reduction: Reduction;
  /** Where the loss changes its form; losses without such a place leave it out. */
  readonly threshold?: number | undefined;
}

export interface DifferenceLoss {
  readonly name: string;
  /** f(d) */
  readonly value: (d: Tensor, attributes: DifferenceAttributes) => Tensor;
  /** f'(d), with what it is at the kinks. */
  readonly slope: (d: Tensor, attributes: DifferenceAttributes) => Tensor;
  /** Floating-point operations an element. */
  readonly flops: number;
}

export function differenceLoss({ name, value, slope, flops }: DifferenceLoss): Op<DifferenceAttributes> {
  return defineOp<DifferenceAttributes>({
    name,
    inputNames: ["prediction", "target"],
    infer: ({ inputs, attributes: { reduction } }) => {
      const [prediction, target] = inputs as readonly [TensorSpec, TensorSpec];
      const problems = new Problems();
      demandEqualShapes(problems, ["prediction", "target"], prediction, target);
      demandSameFloat(problems, { prediction, target });
      problems.throw([named("prediction", prediction), named("target", target)]);
      return { shape: lossShape(prediction.shape, reduction), dtype: prediction.dtype };
    },
    flops: ({ inputs: [prediction] }) => flops * sizeOf((prediction as TensorSpec).shape),
    vjp: ({ inputs, dy, attributes, needs }) => {
      const [prediction, target] = inputs as readonly [Tensor, Tensor];
      const g = slope(prediction.sub(target), attributes).mul(
        spreadCotangent(dy, prediction.shape, attributes.reduction),
      );
      return [needs(0) ? g : null, needs(1) ? g.neg() : null];
    },
    expand: ([prediction, target], attributes) =>
      reduceLoss(value((prediction as Tensor).sub(target as Tensor), attributes), attributes.reduction),
  });
}
