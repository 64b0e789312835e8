/**
 * Batch-hard mining (A. Hermans, L. Beyer, B. Leibe, "In defense of the triplet loss for person re-identification", 2017): for
 * every row of a batch the farthest row of its own class and the nearest row of another.
 *
 * Distances come from ‖a − b‖² = ‖a‖² + ‖b‖² − 2⟨a, b⟩, one matrix product. They only choose, so no gradient flows.
 */

import { iota, locate, ShapeError, type Tensor, where } from "@prewitt/core";
import { named } from "../operands.ts";

export interface HardTriplets {
  /** Row of the farthest sample of the same class, int32 [N]; the anchor's own where there is none. */
  readonly positive: Tensor;
  /** Row of the nearest sample of another class, int32 [N]; the anchor's own where there is none. */
  readonly negative: Tensor;
  /** Whether the row has both, bool [N]. */
  readonly valid: Tensor;
}

/**
 * The hardest triplet of each row of `embeddings` [N, D] with `labels` [N] (int32 or uint8). The first of equal distances is
 * taken. Rows without a partner name themselves: leave them out with `valid`. Throws `ShapeError`.
 *
 * @example
 * const { positive, negative, valid } = hardTriplets(e, labels);
 * const each = tripletLoss(e, e.take(positive), e.take(negative), { margin: 0.3, reduction: "none" });
 * const loss = valid.where(each, 0).sum().div(valid.cast("float32").sum().maximum(1));
 */
export function hardTriplets(embeddings: Tensor, labels: Tensor): HardTriplets {
  if (embeddings.rank !== 2 || labels.rank !== 1 || embeddings.shape[0] !== labels.shape[0]) {
    throw locate(
      new ShapeError({
        op: "hardTriplets",
        summary: "embeddings must be [N, D] and labels [N]",
        operands: [named("embeddings", embeddings, ["N", "D"]), named("labels", labels, ["N"])],
        fix: "give each embedding one label",
      }),
    );
  }
  const e = embeddings.stopGradient();
  const rows = e.shape[0] as number;
  const square = e.square().sum({ axis: 1, keepDims: true });
  const distance = square.add(square.transpose()).sub(e.matmul(e.transpose()).mul(2));
  const kind = labels.cast("int32");
  const same = kind.unsqueeze(1).equal(kind.unsqueeze(0));
  const own = iota([rows, 1], 0);
  const partner = same.logicalAnd(iota([1, rows], 1).notEqual(own));
  const has = (mask: Tensor): Tensor => mask.cast("int32").max(1).greater(0);
  const [hasPositive, hasNegative] = [has(partner), has(same.logicalNot())];
  const self = iota([rows]);
  return {
    positive: where(hasPositive, partner.where(distance, Number.NEGATIVE_INFINITY).argmax(1), self),
    negative: where(hasNegative, same.where(Number.POSITIVE_INFINITY, distance).argmin(1), self),
    valid: hasPositive.logicalAnd(hasNegative),
  };
}
