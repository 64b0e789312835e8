/**
 * What each prediction of the grid should be: the assignment of boxes to cells and anchors (J. Redmon, A. Farhadi, "YOLOv3:
 * an incremental improvement", 2018), on the host.
 *
 * A box belongs to the cell that holds its centre (cx, cy), and there to the free anchor (aw, ah) of the most similar size:
 *
 *     x = cx / stride − column,  y = cy / stride − row,  w = log(width / aw),  h = log(height / ah)
 *
 * Other anchors whose own box, centred in its cell, overlaps some box by more than `ignoreOverlap` are neither object nor
 * background: the loss leaves their objectness out.
 */

import { DataError, locate, ShapeError, type Tensor, tensor } from "@prewitt/core";
import { type Anchor, sizeOverlap } from "./anchors.ts";

/** Targets of a batch, for a grid of GH × GW cells with A anchors. A tree of tensors that compiled functions take. */
export type YoloTargets = {
  /** float32 [N, A, GH, GW]: 1 where a box is assigned, 0 elsewhere. */
  readonly objectness: Tensor;
  /** float32 [N, A, GH, GW]: 0 where objectness is left out of the loss, 1 elsewhere. */
  readonly counted: Tensor;
  /** float32 [N, A, 4, GH, GW]: x, y, w, h where a box is assigned, 0 elsewhere. */
  readonly offset: Tensor;
  /** float32 [N, A, 1, GH, GW]: 2 − the box's share of the image where one is assigned, 0 elsewhere. */
  readonly boxWeight: Tensor;
  /** int32 [N, A, GH, GW]: class of the assigned box, −1 elsewhere. */
  readonly label: Tensor;
  /** Number of boxes for which every anchor of their cell was taken: nothing is trained to find them. */
  readonly unassigned: number;
};

export interface Grid {
  readonly anchors: readonly Anchor[];
  readonly stride: number;
  readonly classes: number;
  /** Pixels. */
  readonly height: number;
  readonly width: number;
  readonly ignoreOverlap: number;
}

interface Box {
  readonly cx: number;
  readonly cy: number;
  readonly size: Anchor;
  readonly label: number;
}

/** `boxes` [N, M, 4] are x1, y1, x2, y2 in pixels, `labels` [N, M] are classes, negative for rows without a box. */
export function assignBoxes(boxes: Tensor, labels: Tensor, grid: Grid): YoloTargets {
  const [batch, rows] = demandLists(boxes, labels);
  const { anchors, stride } = grid;
  const [gh, gw] = [grid.height / stride, grid.width / stride];
  const cells = gh * gw;
  const positions = anchors.length * cells;
  const objectness = new Float32Array(batch * positions);
  const counted = new Float32Array(batch * positions).fill(1);
  const offset = new Float32Array(4 * batch * positions);
  const boxWeight = new Float32Array(batch * positions);
  const label = new Int32Array(batch * positions).fill(-1);
  const [corners, classes] = [boxes.dataSync(), labels.dataSync()];
  let unassigned = 0;
  for (let n = 0; n < batch; n++) {
    const own: Box[] = [];
    for (let k = n * rows; k < (n + 1) * rows; k++) {
      if ((classes[k] as number) >= 0)
        own.push(readBox(corners.subarray(4 * k, 4 * k + 4), classes[k] as number, k, grid));
    }
    ignoreNear(own, grid, counted.subarray(n * positions, (n + 1) * positions));
    for (const box of own) {
      const [column, row] = [Math.floor(box.cx / stride), Math.floor(box.cy / stride)];
      const at = (anchor: number): number => (n * anchors.length + anchor) * cells + row * gw + column;
      const anchor = bySimilarity(box.size, anchors).find((a) => objectness[at(a)] === 0);
      if (anchor === undefined) {
        unassigned++;
        continue;
      }
      const position = at(anchor);
      const [aw, ah] = anchors[anchor] as Anchor;
      const [w, h] = box.size;
      objectness[position] = 1;
      counted[position] = 1;
      boxWeight[position] = 2 - (w * h) / (grid.width * grid.height);
      label[position] = box.label;
      const first = 4 * (n * anchors.length + anchor) * cells + row * gw + column;
      [box.cx / stride - column, box.cy / stride - row, Math.log(w / aw), Math.log(h / ah)].forEach((value, i) => {
        offset[first + i * cells] = value;
      });
    }
  }
  const shape = [batch, anchors.length, gh, gw];
  return {
    objectness: tensor(objectness, { shape }),
    counted: tensor(counted, { shape }),
    offset: tensor(offset, { shape: [batch, anchors.length, 4, gh, gw] }),
    boxWeight: tensor(boxWeight, { shape: [batch, anchors.length, 1, gh, gw] }),
    label: tensor(label, { shape }),
    unassigned,
  };
}

function demandLists(boxes: Tensor, labels: Tensor): readonly [batch: number, rows: number] {
  const [batch, rows, four] = boxes.shape;
  const fits =
    boxes.rank === 3 && four === 4 && labels.rank === 2 && labels.shape[0] === batch && labels.shape[1] === rows;
  if (fits) return [batch as number, rows as number];
  throw locate(
    new ShapeError({
      op: "Yolo.assign",
      summary: "boxes must be [N, M, 4] and labels [N, M]",
      operands: [
        { name: "boxes", shape: boxes.shape, dtype: boxes.dtype },
        { name: "labels", shape: labels.shape, dtype: labels.dtype },
      ],
      fix: "give every image the same number of rows; label −1 marks rows without a box",
    }),
  );
}

function readBox(corners: ArrayLike<number>, label: number, row: number, { height, width, classes }: Grid): Box {
  const [x1, y1, x2, y2] = Array.from(corners) as [number, number, number, number];
  const [cx, cy] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const problems = [
    ...(x2 > x1 && y2 > y1 ? [] : [`box [${x1}, ${y1}, ${x2}, ${y2}] has no area`]),
    ...(cx >= 0 && cx < width && cy >= 0 && cy < height
      ? []
      : [`its centre (${cx}, ${cy}) lies outside of the image of ${width}×${height} pixels`]),
    ...(Number.isInteger(label) && label < classes ? [] : [`label ${label} is outside 0 … ${classes - 1}`]),
  ];
  if (problems.length === 0) return { cx, cy, size: [x2 - x1, y2 - y1], label };
  throw locate(
    new DataError({
      op: "Yolo.assign",
      summary: `box ${row} of the batch cannot be assigned`,
      problems,
      fix: "pass x1, y1, x2, y2 in pixels with x1 < x2 and y1 < y2, and class indices",
    }),
  );
}

/** Anchors by falling overlap with a box of this size. */
function bySimilarity(size: Anchor, anchors: readonly Anchor[]): number[] {
  const overlaps = anchors.map((anchor) => sizeOverlap(size, anchor));
  return anchors.map((_, a) => a).sort((a, b) => (overlaps[b] as number) - (overlaps[a] as number) || a - b);
}

/**
 * Sets `counted` to 0 where an anchor's box, centred in its cell, overlaps one of the boxes by more than the limit t.
 *
 * Only cells near a box can: an overlap above t means a shared area above t (A + B) / (1 + t) for areas A and B, a shared part
 * is at most as high as the lower of the two and at most (aw + w)/2 − |distance| wide, hence
 *
 *     |ax − cx| < (aw + w)/2 − t (A + B) / ((1 + t) min(ah, h)),   and the same across
 */
function ignoreNear(boxes: readonly Box[], grid: Grid, counted: Float32Array): void {
  const { anchors, stride, ignoreOverlap } = grid;
  const [gh, gw] = [grid.height / stride, grid.width / stride];
  for (let a = 0; a < anchors.length; a++) {
    const [aw, ah] = anchors[a] as Anchor;
    for (const { cx, cy, size } of boxes) {
      const [w, h] = size;
      const areas = aw * ah + w * h;
      const shared = (ignoreOverlap * areas) / (1 + ignoreOverlap);
      const [left, right] = cellsWithin(cx, (aw + w) / 2 - shared / Math.min(ah, h), stride, gw);
      const [top, bottom] = cellsWithin(cy, (ah + h) / 2 - shared / Math.min(aw, w), stride, gh);
      for (let row = top; row <= bottom; row++) {
        const ay = (row + 0.5) * stride;
        const down = Math.min(ay + ah / 2, cy + h / 2) - Math.max(ay - ah / 2, cy - h / 2);
        for (let column = left; column <= right; column++) {
          const ax = (column + 0.5) * stride;
          const across = Math.min(ax + aw / 2, cx + w / 2) - Math.max(ax - aw / 2, cx - w / 2);
          const both = Math.max(0, across) * Math.max(0, down);
          if (both / (areas - both) > ignoreOverlap) counted[(a * gh + row) * gw + column] = 0;
        }
      }
    }
  }
}

/** First and last of `count` cells whose middles lie within `reach` of a place, with a little for rounding; none below 0. */
function cellsWithin(place: number, reach: number, stride: number, count: number): [first: number, last: number] {
  if (reach < 0) return [0, -1];
  return [
    Math.max(0, Math.ceil((place - reach) / stride - 0.5 - 1e-6)),
    Math.min(count - 1, Math.floor((place + reach) / stride - 0.5 + 1e-6)),
  ];
}
