/**
 * Position of each element: the row-major index over some axes of a shape.
 *
 * y[p] = Σ_{a ∈ axes} p_a · Π_{b ∈ axes, b > a} shape_b. Rules use it to build masks that say "at this place".
 */

import { type Attributes, defineOp, notDifferentiable } from "../graph/op.ts";
import { ScalarBuilder } from "../program/scalar.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { resolveAxes } from "./axes.ts";

interface IotaAttributes extends Attributes {
  readonly shape: Shape;
  /** Rising, wrapped. */
  readonly axes: readonly number[];
}

export const iotaOp = defineOp<IotaAttributes>({
  name: "iota",
  infer: ({ attributes: { shape } }) => ({ shape, dtype: "int32" }),
  vjp: notDifferentiable("positions are constants"),
  lower: ({ outputs, attributes: { shape, axes } }) => {
    const e = new ScalarBuilder();
    let position: number | undefined;
    for (const axis of axes) {
      const extent = e.const(shape[axis] as number, "int32");
      position =
        position === undefined ? e.index(axis) : e.binary("add", e.binary("mul", position, extent), e.index(axis));
    }
    return { kind: "map", shape, reads: [], writes: outputs, expression: e.build([position ?? e.const(0, "int32")]) };
  },
});

/**
 * int32 tensor of `shape` that holds each element's index along `axis`, or its row-major index over several axes (all
 * of them when absent).
 *
 * @example iota([2, 3], 1) // [[0, 1, 2], [0, 1, 2]]
 */
export function iota(shape: Shape, axis?: number | readonly number[]): Tensor {
  return iotaOp.apply([], { shape: [...shape], axes: resolveAxes("iota", axis, shape) });
}
