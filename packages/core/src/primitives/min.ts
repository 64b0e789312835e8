/** Least element over axes. */

import type { Axes, ReduceOptions } from "../tensor/methods-type.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceOptions, resolveAxes } from "./axes.ts";
import { extremum } from "./extremum.ts";

export const minOp = extremum("min");

/**
 * Least element over `axis` (all axes when absent); NaN if there is one. At ties the whole gradient goes to the first
 * in row-major order. Throws `ShapeError` over no elements.
 *
 * @example x.min({ axis: 1, keepDims: true })
 */
export function min(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  const { axis, keepDims = false } = reduceOptions("min", options);
  return minOp.apply([x], { axes: resolveAxes("min", axis, x.shape), keepDims });
}
