/** Reading the axis of a softmax: a number, or `{ axis }`; the last one when absent. */

import { checkOptions, resolveAxis, type Tensor } from "@prewitt/core";

export interface AxisOptions {
  /** Axis to normalise along; −1 is the last. Default −1. */
  readonly axis?: number | undefined;
}

export function readAxis(op: string, x: Tensor, options: AxisOptions | number | undefined): number {
  if (typeof options === "number") return resolveAxis(op, options, x.shape);
  checkOptions(op, options, ["axis"]);
  return resolveAxis(op, options?.axis ?? -1, x.shape);
}
