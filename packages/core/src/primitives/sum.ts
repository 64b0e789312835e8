/** Sum over axes. */

import type { Axes, ReduceOptions } from "../tensor/methods-type.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceOptions, resolveAxes } from "./axes.ts";
import { reduction, restoreAxes } from "./reduction.ts";

// y_j = Σ_i x_ij: x̄_ij = ȳ_j.
export const sumOp = reduction({
  name: "sum",
  accumulators: ["sum"],
  accepts: "number",
  vjp: ({ inputs: [x], dy, attributes }) => {
    const { shape } = x as Tensor;
    return [restoreAxes(dy, shape, attributes).broadcastTo(shape)];
  },
});

/**
 * Sum over `axis` (all axes when absent). The sum over no elements is 0.
 *
 * @example x.sum({ axis: [2, 3], keepDims: true })
 */
export function sum(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  const { axis, keepDims = false } = reduceOptions("sum", options);
  return sumOp.apply([x], { axes: resolveAxes("sum", axis, x.shape), keepDims });
}
