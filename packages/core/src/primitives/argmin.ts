/** Index of the least element. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceOptions, resolveAxes } from "./axes.ts";
import { reduction, rejectEmpty } from "./reduction.ts";

export interface ArgMinOptions {
  /** Axis to search along; when absent, all elements are searched and the index counts them in row-major order. */
  readonly axis?: number | undefined;
  /** Keep reduced axes with size 1. */
  readonly keepDims?: boolean | undefined;
}

export const argminOp = reduction({
  name: "argmin",
  accumulators: ["argmin"],
  accepts: "number",
  check: rejectEmpty,
  vjp: notDifferentiable("an index does not move with the values"),
});

/**
 * int32 index of the first least element along `axis`, or among all elements in row-major order; the first NaN counts
 * as the least. Throws `ShapeError` over no elements.
 *
 * @example const predicted = logits.argmin(1); // [N, classes] → [N]
 */
export function argmin(x: Tensor, options?: ArgMinOptions | number): Tensor {
  const { axis, keepDims = false } = reduceOptions<ArgMinOptions>("argmin", options);
  return argminOp.apply([x], { axes: resolveAxes("argmin", axis, x.shape), keepDims });
}
