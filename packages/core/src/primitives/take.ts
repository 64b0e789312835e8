/** Whole slices picked by index along an axis (torch.index_select). */

import { ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import type { Operand } from "../program/operand.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { resolveAxis } from "./axes.ts";
import { checkIndex } from "./indices.ts";
import { scatterInto } from "./scatter-add.ts";

interface TakeAttributes extends Attributes {
  readonly axis: number;
}

// y[…, j, …] = x[…, index[j], …]: x̄[…, i, …] = Σ_j [i = index[j]] ȳ[…, j, …], a scatter with the index repeated over the
// other axes.
export const takeOp = defineOp<TakeAttributes>({
  name: "take",
  inputNames: ["x", "index"],
  infer: ({ inputs, attributes: { axis } }) => {
    const [x, index] = inputs as readonly [TensorSpec, TensorSpec];
    checkIndex(index);
    if (index.shape.length !== 1) {
      throw new ShapeError({
        summary: "index must have rank 1",
        problems: [`index has rank ${index.shape.length}`],
        fix: "index.reshape([-1]), and reshape the result",
      });
    }
    return { shape: x.shape.map((n, a) => (a === axis ? (index.shape[0] as number) : n)), dtype: x.dtype };
  },
  flops: () => 0,
  vjp: ({ inputs, dy, attributes: { axis } }) => {
    const [x, index] = inputs as readonly [Tensor, Tensor];
    const along = index.reshape(dy.shape.map((n, a) => (a === axis ? n : 1))).broadcastTo(dy.shape);
    return [scatterInto(x.shape, along, dy, axis), null];
  },
  lower: ({ inputs, outputs, attributes: { axis } }) => {
    const [x, index] = inputs as readonly [Operand, Operand];
    const { shape } = outputs[0] as Operand;
    const along = { ...index, shape, strides: shape.map((_, a) => (a === axis ? (index.strides[0] as number) : 0)) };
    return { kind: "gather", shape, axis, limit: x.shape[axis] as number, reads: [x, along], writes: outputs };
  },
});

/**
 * Slices of `x` along `axis` (default 0) in the order of `index` (int32, rank 1); an index may repeat. Reading throws
 * `IndexError` for an index outside the axis.
 *
 * @example images.take(tensor([3, 1], { dtype: "int32" })) // [N, C, H, W] → [2, C, H, W]
 */
export function take(x: Tensor, index: Tensor, axis = 0): Tensor {
  return takeOp.apply([x, index], { axis: resolveAxis("take", axis, x.shape) });
}
