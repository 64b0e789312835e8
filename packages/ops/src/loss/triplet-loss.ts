/**
 * Triplet loss (F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", CVPR 2015, with distances that are not squared, as in
 * PyTorch): an anchor shall be nearer to a sample of its own kind than to one of another, by a margin,
 *
 *   ℓ = max(0, d(a, p) − d(a, n) + margin),   d(x, y) = ‖x − y + ε‖
 *
 * `swap` puts min(d(a, n), d(p, n)) in place of d(a, n) (V. Balntas et al., BMVC 2016).
 */

import { type Attributes, checkOptions, defineOp, derive, sizeOf, type Tensor, type TensorSpec } from "@prewitt/core";
import { relu } from "../activation/relu.ts";
import { demandAxis, demandEqualVectors } from "../embedding/equal-vectors.ts";
import { pairwiseDistance } from "../embedding/pairwise-distance.ts";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { readFlag } from "../window/options.ts";
import { readNumber } from "./number-option.ts";
import { lossShape, type Reduction, readReduction, reduceLoss } from "./reduction.ts";

interface TripletAttributes extends Attributes {
  readonly reduction: Reduction;
  readonly margin: number;
  readonly swap: boolean;
  readonly eps: number;
}

export const tripletLossOp = defineOp<TripletAttributes>({
  name: "tripletLoss",
  inputNames: ["anchor", "positive", "negative"],
  infer: ({ inputs, attributes: { reduction } }) => {
    const [anchor, positive, negative] = inputs as readonly [TensorSpec, TensorSpec, TensorSpec];
    const problems = new Problems();
    demandEqualVectors(problems, { anchor, positive, negative });
    demandAxis(problems, -1, anchor);
    problems.throw([named("anchor", anchor), named("positive", positive), named("negative", negative)]);
    return { shape: lossShape(anchor.shape.slice(0, -1), reduction), dtype: anchor.dtype };
  },
  flops: ({ inputs: [anchor] }) => 8 * sizeOf((anchor as TensorSpec).shape),
  vjp: derive,
  expand: ([anchor, positive, negative], { reduction, margin, swap, eps }) => {
    const [a, p, n] = [anchor as Tensor, positive as Tensor, negative as Tensor];
    const near = pairwiseDistance(a, p, { eps });
    const far = pairwiseDistance(a, n, { eps });
    const other = swap ? far.minimum(pairwiseDistance(p, n, { eps })) : far;
    return reduceLoss(relu(near.sub(other).add(margin)), reduction);
  },
});

export interface TripletLossOptions {
  /** How much nearer the positive must be, 0 or more, in units of the embedding. Default 1; 0.2 to 0.5 for unit vectors. */
  readonly margin?: number | undefined;
  /** Also push the negative from the positive, if that is nearer to it than the anchor. Default false. */
  readonly swap?: boolean | undefined;
  /** Added to every difference. Default 1e-6, as in PyTorch. */
  readonly eps?: number | undefined;
  /** "mean" over the triplets (default), "sum", or "none" for a loss a triplet. */
  readonly reduction?: Reduction | undefined;
}

/**
 * Triplet loss of embeddings [N, D] of one shape and one float dtype: row n of `positive` is of the same kind as row n of
 * `anchor`, that of `negative` is not. Differentiable in all three; 0 at the hinge. `hardTriplets` picks rows from a batch.
 * Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example
 * const { positive, negative } = hardTriplets(e, labels);
 * const loss = tripletLoss(e, e.take(positive), e.take(negative), { margin: 0.3 });
 */
export function tripletLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletLossOptions = {},
): Tensor {
  checkOptions("tripletLoss", options, ["margin", "swap", "eps", "reduction"]);
  const problems = new Problems();
  const attributes = {
    reduction: readReduction(problems, options.reduction),
    margin: readNumber(problems, "margin", options.margin, 1, { from: 0 }),
    swap: readFlag(problems, "swap", options.swap ?? false),
    eps: readNumber(problems, "eps", options.eps, 1e-6),
  };
  const operands = [named("anchor", anchor), named("positive", positive), named("negative", negative)];
  problems.throwFrom("tripletLoss", operands);
  return tripletLossOp.apply([anchor, positive, negative], attributes);
}
