/** Boxes as tensors […, 4] of corners x1, y1, x2, y2: checks, and the sides as tensors without the last axis. */

import { isFloat, type Tensor, type TensorSpec } from "@prewitt/core";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";

/** Demands a last axis of 4 and a float dtype. */
export function demandBoxes(problems: Problems, name: string, boxes: TensorSpec): void {
  const rank = boxes.shape.length;
  if (boxes.shape[rank - 1] !== 4) {
    problems.shape({
      summary: `${name} must have a last axis of 4`,
      detail: `${name} has [${boxes.shape.join(", ")}]`,
      fix: `give ${name} the shape [N, 4]`,
    });
  }
  if (isFloat(boxes.dtype)) return;
  problems.dtype({
    summary: `${name} must be float32 or float64`,
    detail: `${name} is ${boxes.dtype}`,
    fix: `${name}.cast("float32")`,
  });
}

/** Throws what is wrong with the boxes that `op` takes. */
export function checkBoxes(op: string, boxes: Readonly<Record<string, Tensor>>): void {
  const problems = new Problems();
  for (const [name, t] of Object.entries(boxes)) demandBoxes(problems, name, t);
  const operands = Object.entries(boxes).map(([name, t]) => named(name, t));
  problems.throwFrom(op, operands);
}

export type Sides4 = readonly [Tensor, Tensor, Tensor, Tensor];

/** The four numbers of each box, each without the last axis. */
export function sidesOf(boxes: Tensor): Sides4 {
  const outer = new Array<null>(boxes.rank - 1).fill(null);
  return [0, 1, 2, 3].map((i) => boxes.slice(...outer, i)) as unknown as Sides4;
}

/** The least extent counted: boxes turned inside out have none. */
export function extent(low: Tensor, high: Tensor): Tensor {
  return high.sub(low).maximum(0);
}

/** Area of intersection and of union; shapes broadcast. */
export function overlapOf(a: Sides4, b: Sides4): { readonly intersection: Tensor; readonly union: Tensor } {
  const [ax1, ay1, ax2, ay2] = a;
  const [bx1, by1, bx2, by2] = b;
  const width = extent(ax1.maximum(bx1), ax2.minimum(bx2));
  const height = extent(ay1.maximum(by1), ay2.minimum(by2));
  const intersection = width.mul(height);
  const areas = ax2
    .sub(ax1)
    .mul(ay2.sub(ay1))
    .add(bx2.sub(bx1).mul(by2.sub(by1)));
  return { intersection, union: areas.sub(intersection) };
}
