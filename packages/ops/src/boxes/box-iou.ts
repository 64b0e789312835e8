/** Intersection over union of every box with every other. */

import { locate, ShapeError, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";
import { checkBoxes, overlapOf, type Sides4, sidesOf } from "./box-sides.ts";

/**
 * Intersection over union of each box of `a` [N, 4] with each of `b` [M, 4] (x1, y1, x2, y2): [N, M], from 0 to 1; 0 for
 * two boxes without area. Differentiable. Throws `ShapeError`, `DTypeError`.
 *
 * @example const best = boxIou(anchors, truth).argmax(1);
 */
export function boxIou(a: Tensor, b: Tensor): Tensor {
  checkBoxes("boxIou", { a, b });
  if (a.rank !== 2 || b.rank !== 2 || a.dtype !== b.dtype) {
    throw locate(
      new ShapeError({
        op: "boxIou",
        summary: "a must be [N, 4] and b [M, 4], of one dtype",
        operands: [named("a", a), named("b", b)],
        fix: "reshape both to lists of boxes",
      }),
    );
  }
  const rows = sidesOf(a).map((t) => t.unsqueeze(1)) as unknown as Sides4;
  const columns = sidesOf(b).map((t) => t.unsqueeze(0)) as unknown as Sides4;
  const { intersection, union } = overlapOf(rows, columns);
  const there = union.greater(0);
  return there.where(intersection.div(there.where(union, 1)), 0);
}
