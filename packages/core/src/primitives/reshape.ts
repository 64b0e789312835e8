/** The same elements in row-major order under another shape. */

import { ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import { reshapeOperand } from "../program/operand.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

interface ReshapeAttributes extends Attributes {
  /** As given: one extent may be −1. */
  readonly shape: Shape;
}

function resolve(shape: Shape, size: number): Shape {
  const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const open = shape.filter((n) => n === -1).length;
  const fits = open === 0 ? known === size : open === 1 && known > 0 && size % known === 0;
  if (!fits || shape.some((n) => !Number.isInteger(n) || n < -1)) {
    const problems = [`${size} elements do not fill ${formatShape(shape)}`];
    if (open > 1) problems.push("only one extent may be −1");
    throw new ShapeError({
      summary: `cannot reshape to ${formatShape(shape)}`,
      problems,
      fix: `choose extents whose product is ${size}`,
    });
  }
  return shape.map((n) => (n === -1 ? size / known : n));
}

// A bijection of indices: x̄ = ȳ under the old shape.
export const reshapeOp = defineOp<ReshapeAttributes>({
  name: "reshape",
  inputNames: ["x"],
  infer: ({ inputs, attributes }) => {
    const x = inputs[0] as TensorSpec;
    return { shape: resolve(attributes.shape, sizeOf(x.shape)), dtype: x.dtype };
  },
  flops: () => 0,
  vjp: ({ inputs: [x], dy }) => [dy.reshape((x as Tensor).shape)],
  view: (input, _attributes, output) => reshapeOperand(input, output.shape),
});

/** `x` under another shape of the same size; one extent may be −1. Throws `ShapeError` when the sizes differ. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : reshapeOp.apply([x], { shape: [...shape] });
}
