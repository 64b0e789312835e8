/** What losses of class indices have in common: shape of the labels, class weights, the index that does not count. */

import { type Shape, sameShape, type TensorSpec } from "@prewitt/core";
import type { Problems } from "../problems.ts";
import { show } from "../window/options.ts";

/** PyTorch's default: no class has it. */
export const NO_CLASS = -100;

/** Shape of labels that are class indices: that of [N, C, …] without C. */
export function positionShape(logits: Shape): Shape {
  return [logits[0] as number, ...logits.slice(2)];
}

/** `of` is the name of the operand with the class axis: "logits". */
export function checkWeights(problems: Problems, of: string, logits: TensorSpec, weights: TensorSpec): void {
  const classes = logits.shape[1] as number;
  if (!sameShape(weights.shape, [classes])) {
    problems.shape({
      summary: "classWeights must have one number a class",
      detail: `classWeights have the shape [${weights.shape.join(", ")}], [C] = [${classes}] is needed`,
      fix: `give classWeights ${classes} elements`,
    });
  }
  if (weights.dtype === logits.dtype) return;
  problems.dtype({
    summary: `classWeights must have the dtype of the ${of}`,
    detail: `${of} are ${logits.dtype}, classWeights are ${weights.dtype}`,
    fix: `classWeights.cast("${logits.dtype}")`,
  });
}

export function readIgnoreIndex(problems: Problems, value: unknown): number {
  if (Number.isInteger(value) && Math.abs(value as number) <= 2147483647) return value as number;
  problems.option({
    summary: "ignoreIndex must be an int32",
    detail: `ignoreIndex is ${show(value)}`,
    fix: "write ignoreIndex: 255, or leave it out",
  });
  return NO_CLASS;
}
