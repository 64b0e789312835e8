/** Stretching axes of size 1: a view with stride 0. */

import { ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import { broadcastOperand } from "../program/operand.ts";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

interface BroadcastAttributes extends Attributes {
  readonly shape: Shape;
}

// y_ij = x_i1: x̄_i1 = Σ_j ȳ_ij. The engine sums cotangents of broadcast shape, so dy is handed on as it is.
export const broadcastToOp = defineOp<BroadcastAttributes>({
  name: "broadcastTo",
  inputNames: ["x"],
  infer: ({ inputs, attributes }) => {
    const x = inputs[0] as TensorSpec;
    const joined = broadcastShapes(x.shape, attributes.shape);
    if (joined === undefined || !sameShape(joined, attributes.shape)) {
      throw new ShapeError({
        summary: `${formatShape(x.shape)} does not stretch to ${formatShape(attributes.shape)}`,
        problems:
          x.shape.length !== attributes.shape.length
            ? [`rank ${x.shape.length} against ${attributes.shape.length}`]
            : x.shape.flatMap((n, i) =>
                n === 1 || n === attributes.shape[i] ? [] : [`axis ${i}: ${n} against ${attributes.shape[i]}`],
              ),
        fix: "only axes of size 1 stretch, at equal rank; reshape first",
      });
    }
    return { shape: attributes.shape, dtype: x.dtype };
  },
  flops: () => 0,
  vjp: ({ dy }) => [dy],
  view: (input, { shape }) => broadcastOperand(input, shape),
});

/** `x` with axes of size 1 (or a scalar) repeated to `shape`. No memory is moved. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : broadcastToOp.apply([x], { shape: [...shape] });
}
