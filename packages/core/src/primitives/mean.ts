/** Arithmetic mean over axes. */

import type { Axes, ReduceOptions } from "../tensor/methods-type.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceOptions, resolveAxes } from "./axes.ts";
import { reducedCount, reduction, rejectEmpty, restoreAxes } from "./reduction.ts";

// y_j = 1/n Σ_i x_ij: x̄_ij = ȳ_j / n.
export const meanOp = reduction({
  name: "mean",
  accumulators: ["sum"],
  accepts: "float",
  epilogue: (e, [sum], count) => [e.binary("div", sum as number, e.const(count, e.dtypeOf(sum as number)))],
  check: rejectEmpty,
  vjp: ({ inputs: [x], dy, attributes }) => {
    const { shape } = x as Tensor;
    return [restoreAxes(dy, shape, attributes).div(reducedCount(shape, attributes.axes)).broadcastTo(shape)];
  },
});

/**
 * Mean over `axis` (all axes when absent), of a float tensor. Throws `ShapeError` over no elements.
 *
 * @example x.mean({ axis: [2, 3] })
 */
export function mean(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  const { axis, keepDims = false } = reduceOptions("mean", options);
  return meanOp.apply([x], { axes: resolveAxes("mean", axis, x.shape), keepDims });
}
