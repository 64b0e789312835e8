/** Permutation of axes: a view. */

import { ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import { permuteOperand } from "../program/operand.ts";
import { wrapAxis } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

interface TransposeAttributes extends Attributes {
  /** Output axis i is input axis order[i]. */
  readonly order: readonly number[];
}

export const transposeOp = defineOp<TransposeAttributes>({
  name: "transpose",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { order } }) => {
    const x = inputs[0] as TensorSpec;
    const seen = new Set(order.map((axis) => wrapAxis(axis, x.shape.length)));
    if (order.length !== x.shape.length || seen.size !== order.length || seen.has(undefined)) {
      throw new ShapeError({
        summary: `[${order.join(", ")}] is not an order of the ${x.shape.length} axes`,
        fix: `name each axis from 0 to ${x.shape.length - 1} once, e.g. [${x.shape.map((_, i) => x.shape.length - 1 - i).join(", ")}]`,
      });
    }
    return { shape: order.map((a) => x.shape[a] as number), dtype: x.dtype };
  },
  flops: () => 0,
  // y[i_order] = x[i]: the inverse permutation brings ȳ back.
  vjp: ({ dy, attributes: { order } }) => {
    const inverse = new Array<number>(order.length);
    for (let i = 0; i < order.length; i++) inverse[order[i] as number] = i;
    return [dy.transpose(inverse)];
  },
  view: (input, { order }) => permuteOperand(input, order),
});

/** `x` with its axes in another order; reversed when `order` is absent. Negative axes count from the end. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const given = order ?? x.shape.map((_, i) => x.shape.length - 1 - i);
  return transposeOp.apply([x], { order: given.map((axis) => wrapAxis(axis, x.shape.length) ?? axis) });
}
