/** Area of boxes. */

import type { Tensor } from "@prewitt/core";
import { checkBoxes, sidesOf } from "./box-sides.ts";

/**
 * (x2 − x1)(y2 − y1) of `boxes` […, 4] (x1, y1, x2, y2): […]. Throws `ShapeError`, `DTypeError`.
 *
 * @example boxArea(boxes)   // [N, 4] → [N]
 */
export function boxArea(boxes: Tensor): Tensor {
  checkBoxes("boxArea", { boxes });
  const [x1, y1, x2, y2] = sidesOf(boxes);
  return x2.sub(x1).mul(y2.sub(y1));
}
