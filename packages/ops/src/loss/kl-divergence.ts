/**
 * Kullback–Leibler divergence of a distribution t from the one whose logarithm is x = log q:
 *
 *   ℓ_i = t_i (log t_i − x_i), 0 where t_i = 0;   with u = log t given: ℓ_i = eᵘ (u − x)
 *
 *   x̄_i = −t_i ℓ̄_i,   t̄_i = (log t_i + 1 − x_i) ℓ̄_i (0 where t_i = 0),   ū_i = eᵘ (u − x + 1) ℓ̄_i
 *
 * The terms of t_i = 0 would be 0 · −∞ = NaN. A `where` leaves them out; in the gradient, which may be differentiated again,
 * there is one around the logarithm's argument too.
 */

import {
  type Attributes,
  checkOptions,
  defineOp,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { demandSameFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { readFlag, show } from "../window/options.ts";
import { demandEqualShapes } from "./mse.ts";
import { lossShape, type Reduction, reduceLoss, spreadCotangent } from "./reduction.ts";

export type KlReduction = Reduction | "batchMean";

interface KlAttributes extends Attributes {
  readonly reduction: KlReduction;
  readonly logTarget: boolean;
}

function readKlReduction(problems: Problems, value: unknown): KlReduction {
  if (value === undefined) return "batchMean";
  if (value === "batchMean" || value === "mean" || value === "sum" || value === "none") return value;
  problems.option({
    summary: 'reduction must be "batchMean", "mean", "sum" or "none"',
    detail: `reduction is ${show(value)}`,
    fix: 'write reduction: "batchMean"',
  });
  return "batchMean";
}

function termsOf(x: Tensor, target: Tensor, logTarget: boolean): Tensor {
  const t = logTarget ? target.exp() : target;
  const log = logTarget ? target : target.log();
  return t.notEqual(0).where(t.mul(log.sub(x)), 0);
}

export const klDivergenceOp = defineOp<KlAttributes>({
  name: "klDivergence",
  inputNames: ["logProbabilities", "target"],
  infer: ({ inputs, attributes: { reduction } }) => {
    const [logProbabilities, target] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandEqualShapes(problems, ["logProbabilities", "target"], logProbabilities, target);
    demandSameFloat(problems, { logProbabilities, target });
    if (reduction === "batchMean" && logProbabilities.shape.length === 0) {
      problems.shape({
        summary: 'reduction "batchMean" needs a batch axis',
        detail: "logProbabilities have rank 0",
        fix: 'write reduction: "sum"',
      });
    }
    problems.throw([named("logProbabilities", logProbabilities), named("target", target)]);
    const shape = reduction === "none" ? lossShape(logProbabilities.shape, "none") : [];
    return { shape, dtype: logProbabilities.dtype };
  },
  flops: ({ inputs: [x] }) => 6 * sizeOf((x as TensorSpec).shape),
  vjp: ({ inputs, dy, attributes: { reduction, logTarget }, needs }) => {
    const [x, target] = inputs as readonly [Tensor, Tensor];
    const g =
      reduction === "batchMean" ? dy.div(batchOf(x.shape)) : spreadCotangent(dy, x.shape, reduction as Reduction);
    const t = logTarget ? target.exp() : target;
    const there = t.notEqual(0);
    const dTarget = (): Tensor => {
      const known = there.where(target, logTarget ? 0 : 1);
      const difference = (logTarget ? known : known.log()).sub(there.where(x, 0)).add(1);
      return there.where((logTarget ? t.mul(difference) : difference).mul(g), 0);
    };
    return [needs(0) ? t.mul(g).neg() : null, needs(1) ? dTarget() : null];
  },
  expand: ([x, target], { reduction, logTarget }) => {
    const terms = termsOf(x as Tensor, target as Tensor, logTarget);
    if (reduction === "batchMean") return terms.sum().div(batchOf((x as Tensor).shape));
    return reduceLoss(terms, reduction);
  },
});

function batchOf(shape: Shape): number {
  return shape[0] as number;
}

export interface KlDivergenceOptions {
  /** Whether `target` holds logarithms too. Default false. */
  readonly logTarget?: boolean | undefined;
  /**
   * "batchMean" divides the sum by N, which is the mean divergence of a sample (default); "mean" divides by the number of
   * elements; "sum"; "none" for a term an element.
   */
  readonly reduction?: KlReduction | undefined;
}

/**
 * Divergence of `target` (probabilities, or their logarithms with `logTarget`) from the distribution with
 * `logProbabilities`, both [N, …] of one float dtype. Differentiable in both. Throws `ShapeError`, `DTypeError`,
 * `OptionError`.
 *
 * @example klDivergence(logSoftmax(student.div(T), 1), softmax(teacher.div(T), 1)).mul(T * T)   // distillation
 */
export function klDivergence(logProbabilities: Tensor, target: Tensor, options: KlDivergenceOptions = {}): Tensor {
  checkOptions("klDivergence", options, ["logTarget", "reduction"]);
  const problems = new Problems();
  const attributes = {
    reduction: readKlReduction(problems, options.reduction),
    logTarget: readFlag(problems, "logTarget", options.logTarget ?? false),
  };
  problems.throwFrom("klDivergence", [named("logProbabilities", logProbabilities), named("target", target)]);
  return klDivergenceOp.apply([logProbabilities, target], attributes);
}
