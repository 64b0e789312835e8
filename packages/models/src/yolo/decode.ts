/**
 * From raw predictions to boxes, on the host. For the cell (column, row) and the anchor (aw, ah), with σ the logistic
 * function:
 *
 *     centre = (column + σ(x), row + σ(y)) · stride,   size = (aw eʷ, ah eʰ),   score = σ(o) · softmax(c)[label]
 *
 * with the most probable class as the label; boxes are clipped to the image, and non-maximum suppression goes label by label.
 */

import { nms } from "@prewitt/ops";
import type { Anchor } from "./anchors.ts";

/** The boxes found in one image, by falling score. */
export interface Detections {
  /** x1, y1, x2, y2 in pixels, four numbers a box. */
  readonly boxes: Float32Array;
  /** 0 … 1 */
  readonly scores: Float32Array;
  readonly classes: Int32Array;
}

export interface DecodeOptions {
  /** Boxes with lower scores are left out. Default 0.25; for an average precision take 0.01. */
  readonly scoreThreshold?: number | undefined;
  /** Of two boxes of one label that overlap more, the one with the lower score is left out. Default 0.5. */
  readonly iouThreshold?: number | undefined;
  /** Most boxes of an image. Default 100. */
  readonly max?: number | undefined;
}

export interface Layout {
  readonly anchors: readonly Anchor[];
  readonly stride: number;
  readonly classes: number;
  /** Cells. */
  readonly rows: number;
  readonly columns: number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The most probable of the classes at `values[at + k · step]`, and its probability. */
function bestLabel(
  values: ArrayLike<number>,
  at: number,
  step: number,
  classes: number,
): [label: number, share: number] {
  let label = 0;
  for (let k = 1; k < classes; k++) {
    if ((values[at + k * step] as number) > (values[at + label * step] as number)) label = k;
  }
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    sum += Math.exp((values[at + k * step] as number) - (values[at + label * step] as number));
  }
  return [label, 1 / sum];
}

/** The boxes of one image, whose predictions are `values` [A, 5 + classes, GH, GW]. */
export function decodeImage(values: ArrayLike<number>, layout: Layout, options: DecodeOptions): Detections {
  const { anchors, stride, classes, rows, columns } = layout;
  const { scoreThreshold = 0.25, iouThreshold = 0.5, max = 100 } = options;
  const cells = rows * columns;
  const [width, height] = [columns * stride, rows * stride];
  const boxes: number[] = [];
  const scores: number[] = [];
  const labels: number[] = [];
  const within = (value: number, limit: number): number => Math.min(Math.max(value, 0), limit);
  anchors.forEach(([aw, ah], a) => {
    for (let cell = 0; cell < cells; cell++) {
      const at = a * (5 + classes) * cells + cell;
      const value = (channel: number): number => values[at + channel * cells] as number;
      const certainty = sigmoid(value(4));
      if (certainty < scoreThreshold) continue;
      const [label, share] = bestLabel(values, at + 5 * cells, cells, classes);
      const score = certainty * share;
      if (score < scoreThreshold) continue;
      const cx = ((cell % columns) + sigmoid(value(0))) * stride;
      const cy = (Math.floor(cell / columns) + sigmoid(value(1))) * stride;
      const [w, h] = [aw * Math.exp(value(2)), ah * Math.exp(value(3))];
      boxes.push(
        within(cx - w / 2, width),
        within(cy - h / 2, height),
        within(cx + w / 2, width),
        within(cy + h / 2, height),
      );
      scores.push(score);
      labels.push(label);
    }
  });
  const kept = nms(boxes, scores, { iouThreshold, classes: labels, max });
  return {
    boxes: Float32Array.from(Array.from(kept).flatMap((i) => boxes.slice(4 * i, 4 * i + 4))),
    scores: Float32Array.from(kept, (i) => scores[i] as number),
    classes: Int32Array.from(kept, (i) => labels[i] as number),
  };
}
