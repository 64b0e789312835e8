/**
 * Non-maximum suppression, on the host: of boxes that overlap more than a threshold only the one with the highest score is
 * kept, class by class if classes are given.
 *
 * Boxes are taken by falling score, equal ones by rising index, and each drops those behind it that it overlaps: the
 * greedy algorithm of torchvision and the COCO evaluation, O(N · kept).
 */

import { checkOptions, locate, OptionError, ShapeError, Tensor } from "@prewitt/core";

/** Numbers in row-major order, or a tensor, which is read where it is. */
export type Numbers = ArrayLike<number> | Tensor;

export interface NmsOptions {
  /** Overlap (intersection over union) above which the lesser box is dropped, from 0 to 1. Default 0.5. */
  readonly iouThreshold?: number | undefined;
  /** Boxes with a score below are left out. Default: none is. */
  readonly scoreThreshold?: number | undefined;
  /** Class of each box, [N]: boxes of different classes do not drop each other. */
  readonly classes?: Numbers | undefined;
  /** Keep at most this many, the best ones. Default: all. */
  readonly max?: number | undefined;
}

function numbersOf(value: Numbers): ArrayLike<number> {
  return value instanceof Tensor ? value.dataSync() : value;
}

function checkLengths(
  boxes: ArrayLike<number>,
  scores: ArrayLike<number>,
  classes: ArrayLike<number> | undefined,
): void {
  const problems = [
    ...(boxes.length === 4 * scores.length ? [] : [`${scores.length} scores, ${boxes.length} numbers in boxes`]),
    ...(classes === undefined || classes.length === scores.length
      ? []
      : [`${scores.length} scores, ${classes.length} classes`]),
  ];
  if (problems.length === 0) return;
  throw locate(
    new ShapeError({
      op: "nms",
      summary: "boxes must be [N, 4] (x1, y1, x2, y2), scores and classes [N]",
      problems,
      fix: "pass four numbers a box, and one score and one class",
    }),
  );
}

function checkNumbers({ iouThreshold = 0.5, scoreThreshold, max }: NmsOptions): void {
  const problems = [
    ...(iouThreshold >= 0 && iouThreshold <= 1 ? [] : [`iouThreshold is ${iouThreshold}, not in 0 … 1`]),
    ...(scoreThreshold === undefined || !Number.isNaN(scoreThreshold) ? [] : ["scoreThreshold is NaN"]),
    ...(max === undefined || (Number.isSafeInteger(max) && max >= 0)
      ? []
      : [`max is ${max}, not an integer of 0 or more`]),
  ];
  if (problems.length === 0) return;
  throw locate(
    new OptionError({ op: "nms", summary: "options out of range", problems, fix: "write iouThreshold: 0.5" }),
  );
}

/** Positions by falling score, equal scores by rising position. */
function byScore(scores: ArrayLike<number>, threshold: number): number[] {
  const order: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) {
      throw locate(
        new OptionError({
          op: "nms",
          summary: `score ${i} is NaN`,
          fix: "see where it comes from: logits or boxes of NaN",
        }),
      );
    }
    if ((scores[i] as number) >= threshold) order.push(i);
  }
  return order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

function overlap(boxes: ArrayLike<number>, i: number, k: number): number {
  const at = (box: number, side: number): number => boxes[4 * box + side] as number;
  const width = Math.min(at(i, 2), at(k, 2)) - Math.max(at(i, 0), at(k, 0));
  const height = Math.min(at(i, 3), at(k, 3)) - Math.max(at(i, 1), at(k, 1));
  if (!(width > 0 && height > 0)) return 0;
  const area = (box: number): number => (at(box, 2) - at(box, 0)) * (at(box, 3) - at(box, 1));
  return (width * height) / (area(i) + area(k) - width * height);
}

/**
 * Rows of the boxes that stay, by falling score. `boxes` are [N, 4] (x1, y1, x2, y2) and `scores` [N], as typed arrays,
 * arrays or tensors. Throws `ShapeError` for lengths that do not fit, `OptionError` for options out of range and for a NaN
 * among the scores.
 *
 * @example
 * const kept = nms(await boxes.data(), await scores.data(), { iouThreshold: 0.5, scoreThreshold: 0.3, classes });
 */
export function nms(boxes: Numbers, scores: Numbers, options: NmsOptions = {}): Int32Array {
  checkOptions("nms", options, ["iouThreshold", "scoreThreshold", "classes", "max"]);
  checkNumbers(options);
  const { iouThreshold = 0.5, scoreThreshold = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options;
  const [corners, ranks] = [numbersOf(boxes), numbersOf(scores)];
  const classes = options.classes === undefined ? undefined : numbersOf(options.classes);
  checkLengths(corners, ranks, classes);
  const kept: number[] = [];
  for (const i of byScore(ranks, scoreThreshold)) {
    if (kept.length >= max) break;
    const rival = (k: number): boolean =>
      (classes === undefined || classes[k] === classes[i]) && overlap(corners, i, k) > iouThreshold;
    if (!kept.some(rival)) kept.push(i);
  }
  return Int32Array.from(kept);
}
