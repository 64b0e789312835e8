/** Reading the axes of a softmax: a number, several, or `{ axis }`; the last one when absent. */

import { type Axes, checkOptions, resolveAxes, type Tensor } from "@prewitt/core";

export interface AxisOptions {
  /** Axis to normalise along, or several at once; −1 is the last. Default −1. */
  readonly axis?: Axes | undefined;
}

export function readAxes(op: string, x: Tensor, options: AxisOptions | Axes | undefined): number[] {
  if (typeof options === "number" || Array.isArray(options)) return resolveAxes(op, options as Axes, x.shape);
  checkOptions(op, options as AxisOptions | undefined, ["axis"]);
  return resolveAxes(op, (options as AxisOptions | undefined)?.axis ?? -1, x.shape);
}
