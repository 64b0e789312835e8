/** Elements added by index along an axis (torch.scatter_add). */

import { DTypeError, ShapeError } from "../errors/errors.ts";
import { scalarNode } from "../graph/leaves.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import type { Operand } from "../program/operand.ts";
import { formatShape, type Shape, sameShape } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { resolveAxis } from "./axes.ts";
import { checkIndex } from "./indices.ts";

interface ScatterAttributes extends Attributes {
  readonly axis: number;
}

function check(x: TensorSpec, index: TensorSpec, source: TensorSpec, axis: number): void {
  checkIndex(index);
  if (x.dtype !== source.dtype || x.dtype === "bool") {
    throw new DTypeError({
      summary: "x and source must have one dtype that can be added",
      problems: [`x is ${x.dtype}, source is ${source.dtype}`],
      fix: `source.cast("${x.dtype === "bool" ? "float32" : x.dtype}")`,
    });
  }
  const problems: string[] = [];
  if (index.shape.length !== x.shape.length)
    problems.push(`index has rank ${index.shape.length}, x has ${x.shape.length}`);
  else {
    index.shape.forEach((n, a) => {
      if (a !== axis && n > (x.shape[a] as number))
        problems.push(`axis ${a}: index has ${n} elements, x has ${x.shape[a]}`);
    });
  }
  if (!sameShape(index.shape, source.shape))
    problems.push(`source is ${formatShape(source.shape)}, index is ${formatShape(index.shape)}`);
  if (problems.length === 0) return;
  throw new ShapeError({
    summary: "the index does not fit",
    problems,
    fix: "give index and source one shape, of the rank of x and no larger but along the axis",
  });
}

// y[q] = x[q] + Σ_p [q = p with p_axis ← index[p]] source[p]: x̄ = ȳ, and source̅[p] = ȳ[p with p_axis ← index[p]], a gather.
export const scatterAddOp = defineOp<ScatterAttributes>({
  name: "scatterAdd",
  inputNames: ["x", "index", "source"],
  infer: ({ inputs, attributes: { axis } }) => {
    const [x, index, source] = inputs as readonly [TensorSpec, TensorSpec, TensorSpec];
    check(x, index, source, axis);
    return { shape: x.shape, dtype: x.dtype };
  },
  vjp: ({ inputs, dy, attributes: { axis }, needs }) => [
    dy,
    null,
    needs(2) ? dy.gather(inputs[1] as Tensor, axis) : null,
  ],
  lower: ({ inputs, outputs, attributes: { axis } }) => {
    const [x, index] = inputs as readonly [Operand, Operand];
    return {
      kind: "scatter",
      shape: index.shape,
      axis,
      limit: x.shape[axis] as number,
      reads: inputs,
      writes: outputs,
    };
  },
});

/**
 * `x` with each `source[p]` added at `p with p[axis] replaced by index[p]`, p in row-major order, so sums are the same in
 * every run. `index` (int32) and `source` have one shape. Reading throws `IndexError` for an index outside the axis.
 *
 * @example scatterAdd(zeros([classes]), labels, ones([n]), 0) // how many of each class
 */
export function scatterAdd(x: Tensor, index: Tensor, source: Tensor, axis: number): Tensor {
  return scatterAddOp.apply([x, index, source], { axis: resolveAxis("scatterAdd", axis, x.shape) });
}

/** `source` scattered into zeros of `shape`: the adjoint of a gather. */
export function scatterInto(shape: Shape, index: Tensor, source: Tensor, axis: number): Tensor {
  return scatterAddOp.apply([scalarNode(0, source.dtype).broadcastTo(shape), index, source], { axis });
}
