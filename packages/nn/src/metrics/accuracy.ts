/**
 * Accuracy and top-k accuracy: as graph functions of logits [N, classes] and labels [N], which may be part of a compiled
 * step, and of predicted classes in typed arrays.
 */

import { DTypeError, formatShape, iota, locate, OptionError, ShapeError, type Tensor } from "@prewitt/core";

function checkOutputs(op: string, logits: Tensor, labels: Tensor): void {
  const operands = [
    { name: "logits", shape: logits.shape, dtype: logits.dtype, axes: ["N", "classes"] },
    { name: "labels", shape: labels.shape, dtype: labels.dtype, axes: ["N"] },
  ];
  if (logits.rank !== 2 || labels.rank !== 1 || logits.shape[0] !== labels.shape[0]) {
    throw locate(
      new ShapeError({
        op,
        summary: "logits must be [N, classes] and labels [N]",
        operands,
        fix: labels.rank === 2 ? "labels.argmax(1), if they are one-hot" : "reshape them to these ranks and to one N",
      }),
    );
  }
  if (labels.dtype === "int32" || labels.dtype === "uint8") return;
  throw locate(new DTypeError({ op, summary: "labels must be class indices", operands, fix: 'labels.cast("int32")' }));
}

/**
 * Share of samples whose largest logit is that of the label: a float32 scalar. The first of equal logits counts as the
 * largest. Throws `ShapeError`, `DTypeError`.
 *
 * @example const share = await accuracy(model.forward(images), labels).item();
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  checkOutputs("accuracy", logits, labels);
  return logits.argmax(1).equal(labels.cast("int32")).cast("float32").mean();
}

/**
 * Share of samples whose label is among the `k` classes with the largest logits: a float32 scalar. Of equal logits the
 * first ones rank higher. Throws `OptionError` unless k is one of 1 … classes, `ShapeError`, `DTypeError`.
 *
 * @example topKAccuracy(logits, labels, 5)
 */
export function topKAccuracy(logits: Tensor, labels: Tensor, k: number): Tensor {
  checkOutputs("topKAccuracy", logits, labels);
  const classes = logits.shape[1] as number;
  if (!Number.isSafeInteger(k) || k < 1 || k > classes) {
    throw locate(
      new OptionError({
        op: "topKAccuracy",
        summary: `k must lie in 1 … ${classes}, got ${k}`,
        fix: `write k = ${Math.min(5, classes)}`,
      }),
    );
  }
  const index = labels.cast("int32").reshape([-1, 1]);
  const own = logits.gather(index, 1);
  const position = iota(logits.shape, 1);
  const ahead = logits.greater(own).logicalOr(logits.equal(own).logicalAnd(position.less(index)));
  // A label whose logit is NaN is never right.
  const rank = ahead
    .cast("float32")
    .sum(1)
    .add(own.isNaN().cast("float32").reshape([-1]).mul(classes));
  return rank.less(k).cast("float32").mean();
}

/** Share of equal entries of two lists of class indices. Throws `ShapeError` for different or no lengths. */
export function accuracyOf(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkLengths("accuracyOf", predicted, labels);
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
  return right / labels.length;
}

export function checkLengths(op: string, predicted: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (predicted.length === labels.length && labels.length > 0) return;
  throw locate(
    new ShapeError({
      op,
      summary:
        labels.length === 0 && predicted.length === 0
          ? "there are no samples"
          : `${predicted.length} predictions for ${labels.length} labels`,
      fix: `pass lists of one length, for instance await logits.argmax(1).data() of shape ${formatShape([labels.length])}`,
    }),
  );
}
