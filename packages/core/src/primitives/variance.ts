/** Variance over axes, and the mean that it is taken about. */

import { OptionError, ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import type { Axes, ReduceOptions } from "../tensor/methods-type.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reduceOptions, resolveAxes } from "./axes.ts";
import { type ReductionAttributes, reducedCount, reduction, rejectEmpty, restoreAxes } from "./reduction.ts";

export interface VarianceOptions extends ReduceOptions {
  /** c in Σ (x − mean)² / (n − c): 0 (default) for the variance of a population, 1 for that of a sample. */
  readonly correction?: number | undefined;
}

interface VarianceAttributes extends ReductionAttributes {
  readonly correction: number;
}

function check(shape: Shape, attributes: VarianceAttributes): void {
  rejectEmpty(shape, attributes);
  const count = reducedCount(shape, attributes.axes);
  if (count > attributes.correction) return;
  throw new ShapeError({
    summary: `the variance of ${count} element${count === 1 ? "" : "s"} with correction ${attributes.correction} is undefined`,
    problems: [`n − correction = ${count} − ${attributes.correction} = ${count - attributes.correction}`],
    fix: attributes.correction > 0 ? "use correction 0, or reduce more elements" : "reduce more elements",
  });
}

// With m_j = 1/n Σ_i x_ij and v_j = 1/(n − c) Σ_i (x_ij − m_j)²:
//   ∂v_j/∂x_ij = 2/(n − c) · [(x_ij − m_j) − 1/n Σ_k (x_kj − m_j)] = 2 (x_ij − m_j) / (n − c),  ∂m_j/∂x_ij = 1/n,
// as deviations from the mean sum to 0. The mean is the second output of the node, so the rule need not compute it again.
export const varianceOp = reduction<VarianceAttributes>({
  name: "variance",
  accumulators: ["moments"],
  accepts: "float",
  epilogue: (e, [mean, squares], count, { correction }) => [
    e.binary("div", squares as number, e.const(count - correction, e.dtypeOf(squares as number))),
    mean as number,
  ],
  check,
  vjp: ({ inputs, outputs: [, m], cotangents: [dv, dm], attributes }) => {
    const x = inputs[0] as Tensor;
    const n = reducedCount(x.shape, attributes.axes);
    const spread = (t: Tensor): Tensor => restoreAxes(t, x.shape, attributes);
    const scale = 2 / (n - attributes.correction);
    const fromVariance =
      dv == null
        ? null
        : spread(dv)
            .mul(scale)
            .mul(x.sub(spread(m as Tensor)));
    const fromMean = dm == null ? null : spread(dm).div(n).broadcastTo(x.shape);
    return [fromVariance !== null && fromMean !== null ? fromVariance.add(fromMean) : (fromVariance ?? fromMean)];
  },
});

function apply(op: string, x: Tensor, options: VarianceOptions | undefined): readonly Tensor[] {
  const {
    axis,
    keepDims = false,
    correction = 0,
  } = reduceOptions<VarianceOptions>(op, options, ["axis", "keepDims", "correction"]);
  if (!Number.isFinite(correction)) {
    throw locate(new OptionError({ op, summary: `correction must be a number, got ${correction}`, fix: "use 0 or 1" }));
  }
  return varianceOp.applyAll([x], { axes: resolveAxes(op, axis as Axes | undefined, x.shape), keepDims, correction });
}

/**
 * Variance over `axis` (all axes when absent) of a float tensor: Σ (x − mean)² / (n − correction).
 * Throws `ShapeError` when `n ≤ correction`.
 *
 * @example x.variance({ axis: [0, 2, 3], correction: 1 })
 */
export function variance(x: Tensor, options?: VarianceOptions): Tensor {
  return apply("variance", x, options)[0] as Tensor;
}

/** Mean and variance over `axis` in one pass over `x`. Options and errors as for `variance`. */
export function moments(x: Tensor, options?: VarianceOptions): { readonly mean: Tensor; readonly variance: Tensor } {
  const [variance, mean] = apply("moments", x, options) as readonly [Tensor, Tensor];
  return { mean, variance };
}
