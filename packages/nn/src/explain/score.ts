/** The number that an explanation is of: a score for each image of a batch. */

import { locate, ShapeError, type Tensor, tensor } from "@prewitt/core";
import type { Layer } from "../module/module.ts";

/** One number an image: [N, C, H, W] → [N]. */
export type Score = (x: Tensor) => Tensor;

/** A class for all images, one for each (int32 or uint8 [N]), or none: the class with the largest logit. */
export type Target = number | Tensor | undefined;

/** The logit of the target of each row: [N, classes] → [N]. */
export function logitOf(logits: Tensor, target: Target): Tensor {
  if (logits.rank !== 2) {
    throw locate(
      new ShapeError({
        op: "logitOf",
        summary: "the model must give logits [N, classes]",
        operands: [{ name: "logits", shape: logits.shape, dtype: logits.dtype }],
        fix: "pass a score function of your own: (x) => …, one number an image",
      }),
    );
  }
  if (target === undefined) return logits.max(1);
  const rows = logits.shape[0] as number;
  const index =
    typeof target === "number" ? tensor(target, { dtype: "int32" }).broadcastTo([rows]) : target.cast("int32");
  return logits.gather(index.reshape([rows, 1]), 1).reshape([rows]);
}

/**
 * The logit of a class as a score. Throws `ShapeError` unless the model gives logits [N, classes].
 *
 * @example const map = saliency(classScore(model, 7), images);
 */
export function classScore(model: Layer, target?: Target): Score {
  return (x) => logitOf(model.forward(x), target);
}

/** Throws `ShapeError` unless the score is one number an image. */
export function checkScore(op: string, value: Tensor, x: Tensor): Tensor {
  if (value.rank === 1 && value.shape[0] === x.shape[0]) return value;
  throw locate(
    new ShapeError({
      op,
      summary: "the score must be one number an image, [N]",
      operands: [
        { name: "score", shape: value.shape, dtype: value.dtype },
        { name: "x", shape: x.shape, dtype: x.dtype },
      ],
      fix: "sum or pick what you mean, for instance classScore(model, 3)",
    }),
  );
}
