/**
 * Boxes in another form: corners "xyxy", centre and size "cxcywh", corner and size "xywh".
 *
 *   x1 = cx − w/2,  x2 = cx + w/2;   w = x2 − x1,  cx = x1 + w/2
 */

import { checkOptions, stack, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { show } from "../window/options.ts";
import { checkBoxes, sidesOf } from "./box-sides.ts";

/** x1 y1 x2 y2 · centre x, centre y, width, height · x1 y1 width height */
export type BoxFormat = "xyxy" | "cxcywh" | "xywh";

const FORMATS: readonly BoxFormat[] = ["xyxy", "cxcywh", "xywh"];

export interface BoxConvertOptions {
  readonly from: BoxFormat;
  readonly to: BoxFormat;
}

function readFormat(problems: Problems, name: string, value: unknown): void {
  if (FORMATS.includes(value as BoxFormat)) return;
  problems.option({
    summary: `${name} must be "xyxy", "cxcywh" or "xywh"`,
    detail: `${name} is ${show(value)}`,
    fix: `write ${name}: "xyxy"`,
  });
}

/**
 * `boxes` […, 4] in another form, of the same shape and dtype. Differentiable. Throws `ShapeError`, `DTypeError`,
 * `OptionError`.
 *
 * @example boxConvert(decoded, { from: "cxcywh", to: "xyxy" })
 */
export function boxConvert(boxes: Tensor, options: BoxConvertOptions): Tensor {
  checkOptions("boxConvert", options, ["from", "to"]);
  const problems = new Problems();
  readFormat(problems, "from", options?.from);
  readFormat(problems, "to", options?.to);
  problems.throwFrom("boxConvert", [named("boxes", boxes)]);
  checkBoxes("boxConvert", { boxes });
  const { from, to } = options;
  if (from === to) return boxes;
  const [a, b, c, d] = sidesOf(boxes);
  const size = from === "xyxy" ? ([c.sub(a), d.sub(b)] as const) : ([c, d] as const);
  const [width, height] = size;
  const corner = from === "cxcywh" ? ([a.sub(width.mul(0.5)), b.sub(height.mul(0.5))] as const) : ([a, b] as const);
  if (to === "xywh") return stack([...corner, ...size], -1);
  if (to === "xyxy") return stack([...corner, corner[0].add(width), corner[1].add(height)], -1);
  return stack([corner[0].add(width.mul(0.5)), corner[1].add(height.mul(0.5)), ...size], -1);
}
