/**
 * The loss of a single-stage detector (YOLOv3, section 2; classes exclude each other, as in YOLO9000). With sums over cells
 * and anchors of all images, P positives, and raw predictions x, y, w, h, o, c…:
 *
 *     box         Σ over positives of (2 − area share) · [bce(x) + bce(y) + ½ (w − w*)² + ½ (h − h*)²] / P
 *     objectness  [Σ over positives of bce(o, 1) + background · Σ over counted others of bce(o, 0)] / P
 *     label       Σ over positives of cross-entropy(c) / P
 *
 * bce is the binary cross-entropy with logits; P counts as 1 in batches without a box.
 */

import type { Tensor } from "@prewitt/core";
import { bceWithLogits, crossEntropy } from "@prewitt/ops";
import type { YoloTargets } from "./assign.ts";

export interface YoloLossWeights {
  /** Default 1. */
  readonly box?: number | undefined;
  /** Default 1. */
  readonly objectness?: number | undefined;
  /** Of cells without an object within the objectness. Default 0.5. */
  readonly background?: number | undefined;
  /** Default 1. */
  readonly label?: number | undefined;
}

/** Scalars. */
export type YoloLossTerms = Readonly<Record<"box" | "objectness" | "label" | "total", Tensor>>;

/** `prediction` is [N, A, 5 + classes, GH, GW]. */
export function yoloLoss(prediction: Tensor, targets: YoloTargets, weights: YoloLossWeights): YoloLossTerms {
  const { objectness, counted, offset, boxWeight, label } = targets;
  const channels = (start: number, stop: number | null): Tensor => prediction.slice(null, null, [start, stop]);
  const positives = objectness.sum().maximum(1);

  const position = bceWithLogits(channels(0, 2), offset.slice(null, null, [0, 2]), { reduction: "none" });
  const size = channels(2, 4)
    .sub(offset.slice(null, null, [2, 4]))
    .square()
    .mul(0.5);
  const box = position.add(size).mul(boxWeight).sum().div(positives);

  const { background = 0.5 } = weights;
  const share = objectness.add(counted.sub(objectness).mul(background));
  const certainty = bceWithLogits(prediction.slice(null, null, 4), objectness, { reduction: "none" });
  const object = certainty.mul(share).sum().div(positives);

  const logits = channels(5, null).transpose([0, 2, 1, 3, 4]);
  const classes = crossEntropy(logits, label, { ignoreIndex: -1, reduction: "sum" }).div(positives);

  const total = box
    .mul(weights.box ?? 1)
    .add(object.mul(weights.objectness ?? 1))
    .add(classes.mul(weights.label ?? 1));
  return { box, objectness: object, label: classes, total };
}
