/** Mean squared error. */

import { type Attributes, checkOptions, defineOp, sameShape, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandSameFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { lossShape, type Reduction, readReduction, reduceLoss, spreadCotangent } from "./reduction.ts";

interface LossAttributes extends Attributes {
  readonly reduction: Reduction;
}

/** Demands equal shapes: a [N] against a [N, 1] would otherwise become [N, N]. */
export function demandEqualShapes(
  problems: Problems,
  names: readonly [string, string],
  a: TensorSpec,
  b: TensorSpec,
): void {
  if (sameShape(a.shape, b.shape)) return;
  const [first, second] = names;
  const size = (spec: TensorSpec): number => spec.shape.reduce((product, n) => product * n, 1);
  problems.shape({
    summary: `${first} and ${second} must have one shape`,
    detail: `${first} has [${a.shape.join(", ")}], ${second} has [${b.shape.join(", ")}]`,
    fix:
      size(a) === size(b)
        ? `${second}.reshape([${a.shape.join(", ")}])`
        : `give ${second} the shape [${a.shape.join(", ")}]`,
  });
}

// ℓ_i = (p_i − t_i)²: p̄_i = 2 (p_i − t_i) ℓ̄_i, t̄_i = −p̄_i, with ℓ̄_i = ȳ / n for the mean of n elements.
export const mseOp = defineOp<LossAttributes>({
  name: "mse",
  inputNames: ["prediction", "target"],
  infer: ({ inputs, attributes: { reduction } }) => {
    const [prediction, target] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandEqualShapes(problems, ["prediction", "target"], prediction, target);
    demandSameFloat(problems, { prediction, target });
    problems.throw();
    return { shape: lossShape(prediction.shape, reduction), dtype: prediction.dtype };
  },
  flops: ({ inputs: [prediction] }) => 3 * (prediction as TensorSpec).shape.reduce((size, n) => size * n, 1),
  vjp: ({ inputs, dy, attributes: { reduction }, needs }) => {
    const [prediction, target] = inputs as readonly [Tensor, Tensor];
    const g = prediction
      .sub(target)
      .mul(spreadCotangent(dy, prediction.shape, reduction))
      .mul(2);
    return [needs(0) ? g : null, needs(1) ? g.neg() : null];
  },
  expand: ([prediction, target], { reduction }) =>
    reduceLoss((prediction as Tensor).sub(target as Tensor).square(), reduction),
});

export interface MseOptions {
  /** "mean" over all elements (default), "sum", or "none" for a loss an element. */
  readonly reduction?: Reduction | undefined;
}

/**
 * (prediction − target)², averaged. Both have one shape and one float dtype; differentiable in both.
 * Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example const loss = mse(decoder.forward(code), images);
 */
export function mse(prediction: Tensor, target: Tensor, options: MseOptions = {}): Tensor {
  checkOptions("mse", options, ["reduction"]);
  const problems = new Problems();
  const reduction = readReduction(problems, options.reduction);
  problems.throwFrom("mse", [named("prediction", prediction), named("target", target)]);
  return mseOp.apply([prediction, target], { reduction });
}
