/**
 * Binary cross-entropy of logits: an independent yes or no an element.
 *
 * With ζ(x) = log(1 + eˣ) (softplus), so that −log σ(x) = ζ(−x) and −log(1 − σ(x)) = ζ(x):
 *
 *   ℓ = w · (p t ζ(−x) + (1 − t) ζ(x)),   t target in [0, 1], p weight of the positive class, w weight of the element
 *
 * Both terms are sums of numbers that are not negative, so nothing cancels, and ζ is exact at any logit.
 */

import {
  type Attributes,
  broadcastShapes,
  checkOptions,
  defineOp,
  sameShape,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { softplus } from "../activation/softplus.ts";
import { demandSameFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { demandEqualShapes } from "./mse.ts";
import { lossShape, type Reduction, readReduction, reduceLoss, spreadCotangent } from "./reduction.ts";

interface BceAttributes extends Attributes {
  readonly reduction: Reduction;
  /** Whether the third input is a weight, and the last a weight of the positive class. */
  readonly weighted: boolean;
  readonly positive: boolean;
}

interface Parts {
  readonly x: Tensor;
  readonly t: Tensor;
  readonly weight: Tensor | undefined;
  readonly posWeight: Tensor | undefined;
}

function partsOf(inputs: readonly Tensor[], { weighted, positive }: BceAttributes): Parts {
  const [x, t] = inputs as readonly [Tensor, Tensor];
  return { x, t, weight: weighted ? inputs[2] : undefined, posWeight: positive ? inputs.at(-1) : undefined };
}

const times = (t: Tensor, factor: Tensor | undefined): Tensor => (factor === undefined ? t : t.mul(factor));

/** Loss an element, without its weight. */
function unweighted({ x, t, posWeight }: Parts): Tensor {
  const yes = times(t, posWeight).mul(softplus(x.neg()));
  return yes.add(t.neg().add(1).mul(softplus(x)));
}

function demandWeight(problems: Problems, name: string, weight: TensorSpec, logits: TensorSpec): void {
  const joined = broadcastShapes(weight.shape, logits.shape);
  if (joined !== undefined && sameShape(joined, logits.shape)) return;
  const [classes] = weight.shape;
  const rank = logits.shape.length;
  const ones = (n: number): number[] => new Array<number>(n).fill(1);
  const along = weight.shape.length === 1 && rank > 1 ? logits.shape.indexOf(classes as number, 1) : -1;
  problems.shape({
    summary: `${name} does not stretch to the logits`,
    detail: `${name} has [${weight.shape.join(", ")}], logits have [${logits.shape.join(", ")}]`,
    fix:
      along > 0
        ? `${name}.reshape([${[...ones(along), classes, ...ones(rank - along - 1)].join(", ")}])`
        : `give ${name} the rank of the logits, ${rank}, with the extents of the logits or 1`,
  });
}

// With s(x) = σ(x) = ζ'(x):
//   x̄ = ℓ̄ w ((1 − t) σ(x) − p t σ(−x)), at x = 0 and p = 1 exactly ½ − t
//   t̄ = ℓ̄ w (p ζ(−x) − ζ(x)),  w̄ = ℓ̄ ℓ/w (the unweighted loss),  p̄ = ℓ̄ w t ζ(−x)
export const bceWithLogitsOp = defineOp<BceAttributes>({
  name: "bceWithLogits",
  inputNames: ["logits", "targets", "weight", "posWeight"],
  infer: ({ inputs, attributes }) => {
    const [logits, targets, ...weights] = inputs as readonly [TensorSpec, TensorSpec, ...TensorSpec[]];
    const names = weightNames(attributes);
    const problems = new Problems();
    demandEqualShapes(problems, ["logits", "targets"], logits, targets);
    weights.forEach((w, i) => {
      demandWeight(problems, names[i] as string, w, logits);
    });
    const specs: Record<string, TensorSpec> = { logits, targets };
    weights.forEach((w, i) => {
      specs[names[i] as string] = w;
    });
    demandSameFloat(problems, specs);
    problems.throw(Object.entries(specs).map(([name, spec]) => named(name, spec)));
    return { shape: lossShape(logits.shape, attributes.reduction), dtype: logits.dtype };
  },
  flops: ({ inputs: [logits] }) => 12 * (logits as TensorSpec).shape.reduce((size, n) => size * n, 1),
  vjp: ({ inputs, dy, attributes, needs }) => {
    const parts = partsOf(inputs, attributes);
    const { x, t, weight, posWeight } = parts;
    const g = spreadCotangent(dy, x.shape, attributes.reduction);
    const weightedG = times(g, weight);
    const dx = (): Tensor =>
      t.neg().add(1).mul(x.sigmoid()).sub(times(t, posWeight).mul(x.neg().sigmoid())).mul(weightedG);
    const dt = (): Tensor => times(softplus(x.neg()), posWeight).sub(softplus(x)).mul(weightedG);
    const last = inputs.length - 1;
    const result = [needs(0) ? dx() : null, needs(1) ? dt() : null];
    if (weight !== undefined) result.push(needs(2) ? unweighted(parts).mul(g) : null);
    if (posWeight !== undefined) result.push(needs(last) ? t.mul(softplus(x.neg())).mul(weightedG) : null);
    return result;
  },
  expand: (inputs, attributes) => {
    const parts = partsOf(inputs, attributes);
    return reduceLoss(times(unweighted(parts), parts.weight), attributes.reduction);
  },
});

function weightNames({ weighted, positive }: BceAttributes): string[] {
  return [...(weighted ? ["weight"] : []), ...(positive ? ["posWeight"] : [])];
}

export interface BceWithLogitsOptions {
  /** "mean" over all elements (default; weights do not change the divisor), "sum", or "none" for a loss an element. */
  readonly reduction?: Reduction | undefined;
  /** Factor of each element's loss; broadcasts against the logits. */
  readonly weight?: Tensor | undefined;
  /** Factor of the positive term; broadcasts against the logits, e.g. [1, classes]. Above 1 it favours recall. */
  readonly posWeight?: Tensor | undefined;
}

/**
 * Binary cross-entropy of `logits` (before the sigmoid) against `targets` in [0, 1] of the same shape and float dtype.
 * Finite at any finite logit, with the gradient σ(x) − t. Differentiable in logits, targets and weights.
 * Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example bceWithLogits(mask, truth.cast("float32"), { posWeight: scalar(4) })
 */
export function bceWithLogits(logits: Tensor, targets: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  checkOptions("bceWithLogits", options, ["reduction", "weight", "posWeight"]);
  const problems = new Problems();
  const reduction = readReduction(problems, options.reduction);
  problems.throwFrom("bceWithLogits", [named("logits", logits), named("targets", targets)]);
  const { weight, posWeight } = options;
  const inputs = [
    logits,
    targets,
    ...(weight === undefined ? [] : [weight]),
    ...(posWeight === undefined ? [] : [posWeight]),
  ];
  const attributes = { reduction, weighted: weight !== undefined, positive: posWeight !== undefined };
  return bceWithLogitsOp.apply(inputs, attributes);
}
