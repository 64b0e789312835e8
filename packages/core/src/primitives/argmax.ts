/** Index of the greatest element. */

import { notDifferentiable } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceOptions, resolveAxes } from "./axes.ts";
import { reduction, rejectEmpty } from "./reduction.ts";

export interface ArgMaxOptions {
  /** Axis to search along; when absent, all elements are searched and the index counts them in row-major order. */
  readonly axis?: number | undefined;
  /** Keep reduced axes with size 1. */
  readonly keepDims?: boolean | undefined;
}

export const argmaxOp = reduction({
  name: "argmax",
  accumulators: ["argmax"],
  accepts: "number",
  check: rejectEmpty,
  vjp: notDifferentiable("an index does not move with the values"),
});

/**
 * int32 index of the first greatest element along `axis`, or among all elements in row-major order; the first NaN counts
 * as the greatest. Throws `ShapeError` over no elements.
 *
 * @example const predicted = logits.argmax(1); // [N, classes] → [N]
 */
export function argmax(x: Tensor, options?: ArgMaxOptions | number): Tensor {
  const { axis, keepDims = false } = reduceOptions<ArgMaxOptions>("argmax", options);
  return argmaxOp.apply([x], { axes: resolveAxes("argmax", axis, x.shape), keepDims });
}
