/**
 * The parts that the value of a cross-entropy and its gradient are made of, with the class axis kept at 1.
 *
 * With l = logits [N, C, …] at one position, s = softmax(l), λ = log s, ε the smoothing, v_c the weight of class c, the
 * loss of the position is −Σ_c q_c λ_c. For a class index y, which counts unless it is the ignored one, and for
 * probabilities t:
 *
 *   q_c = (1 − ε) v_y [c = y] + ε/C v_c        or        q_c = v_c ((1 − ε) t_c + ε/C)
 *
 * "mean" divides the sum over positions by Σ v_y over those that count, or by their number for probabilities (PyTorch).
 */

import { type Attributes, iota, scalarNode, type Tensor } from "@prewitt/core";
import type { Reduction } from "./reduction.ts";

export interface CrossEntropyAttributes extends Attributes {
  readonly reduction: Reduction;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
}

export interface Terms {
  readonly logits: Tensor;
  /** q [N, C, …] */
  readonly q: Tensor;
  /** Σ_c q_c [N, 1, …], or undefined where it is 1. */
  readonly total: Tensor | undefined;
  /** Positions that do not count, bool [N, 1, …]; undefined for probabilities. */
  readonly ignored: Tensor | undefined;
  /** What "mean" divides by: rank 0. */
  readonly divisor: Tensor;
}

/** Class indices [N, …] as int32 [N, 1, …] with 0 for the ignored ones, and which those are. */
function readLabels(labels: Tensor, ignoreIndex: number): { readonly index: Tensor; readonly ignored: Tensor } {
  const given = labels.cast("int32").unsqueeze(1);
  const ignored = given.equal(ignoreIndex);
  return { index: ignored.where(0, given), ignored };
}

/** `[C]` as `[1, C, 1, …]` */
function alongClasses(weights: Tensor, rank: number): Tensor {
  return weights.reshape([1, weights.size, ...new Array<number>(rank - 2).fill(1)]);
}

/**
 * Weight of each position's class, by `take`. It is taken out of a table of ones where there are no weights too: `take` is
 * what finds labels outside 0 … C − 1, in a gradient that is evaluated without its loss as well.
 */
function weightOfLabel(index: Tensor, weights: Tensor | undefined, classes: number, like: Tensor): Tensor {
  const table = weights ?? scalarNode(1, like.dtype).broadcastTo([classes]);
  return table.take(index.reshape([-1])).reshape(index.shape);
}

export function termsOfIndices(
  inputs: readonly Tensor[],
  attributes: CrossEntropyAttributes,
): Terms & {
  readonly index: Tensor;
  readonly labelWeight: Tensor;
} {
  const [logits, labels, weights] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
  const { labelSmoothing: smoothing, ignoreIndex } = attributes;
  const classes = logits.shape[1] as number;
  const { index, ignored } = readLabels(labels, ignoreIndex);
  const labelWeight = weightOfLabel(index, weights, classes, logits);
  const counted = ignored.where(0, labelWeight);
  const here = iota([1, classes, ...logits.shape.slice(2).map(() => 1)], 1).equal(index);
  const kept = smoothing === 0 ? labelWeight : labelWeight.mul(1 - smoothing);
  const hard = here.where(kept, 0);
  if (smoothing === 0) return { logits, q: hard, total: kept, ignored, divisor: counted.sum(), index, labelWeight };
  const share = smoothing / classes;
  const spread = weights === undefined ? undefined : alongClasses(weights, logits.rank).mul(share);
  const total = spread === undefined ? kept.add(smoothing) : kept.add(spread.sum());
  const q = spread === undefined ? hard.add(share) : hard.add(spread);
  return { logits, q, total, ignored, divisor: counted.sum(), index, labelWeight };
}

export function termsOfProbabilities(inputs: readonly Tensor[], attributes: CrossEntropyAttributes): Terms {
  const [logits, labels, weights] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
  const classes = logits.shape[1] as number;
  const { labelSmoothing: smoothing } = attributes;
  const soft = smoothing === 0 ? labels : labels.mul(1 - smoothing).add(smoothing / classes);
  const q = weights === undefined ? soft : soft.mul(alongClasses(weights, logits.rank));
  const positions = logits.size / classes;
  return {
    logits,
    q,
    total: q.sum({ axis: 1, keepDims: true }),
    ignored: undefined,
    divisor: scalarNode(positions, logits.dtype),
  };
}
