/** Boxes limited to the picture. */

import { checkOptions, stack, type Tensor } from "@prewitt/core";
import { readNumber } from "../loss/number-option.ts";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { checkBoxes, sidesOf } from "./box-sides.ts";

export interface ClipBoxesOptions {
  /** Height of the picture, in the unit of the boxes. */
  readonly height: number;
  /** Width of the picture, in the unit of the boxes. */
  readonly width: number;
}

/**
 * `boxes` […, 4] (x1, y1, x2, y2) with x limited to 0 … width and y to 0 … height. Throws `ShapeError`, `DTypeError`,
 * `OptionError`.
 *
 * @example clipBoxes(boxes, { height: 480, width: 640 })
 */
export function clipBoxes(boxes: Tensor, options: ClipBoxesOptions): Tensor {
  checkOptions("clipBoxes", options, ["height", "width"]);
  const problems = new Problems();
  const read = (name: "height" | "width"): number =>
    readNumber(problems, name, options?.[name] ?? null, 480, { from: 0, open: true });
  const [height, width] = [read("height"), read("width")];
  problems.throwFrom("clipBoxes", [named("boxes", boxes)]);
  checkBoxes("clipBoxes", { boxes });
  const [x1, y1, x2, y2] = sidesOf(boxes);
  return stack([x1.clamp(0, width), y1.clamp(0, height), x2.clamp(0, width), y2.clamp(0, height)], -1);
}
