/** Uniform random bits from a counter-based generator: the same key gives the same bits everywhere. */

import { DTypeError, ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp, notDifferentiable } from "../graph/op.ts";
import { type Shape, sameShape } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

export interface RandomAttributes extends Attributes {
  readonly shape: Shape;
}

/** Throws unless the key is int32 [2]. */
export function checkKey(key: TensorSpec): void {
  if (key.dtype !== "int32") {
    throw new DTypeError({ summary: "key must be int32", problems: [`key is ${key.dtype}`], fix: 'key.cast("int32")' });
  }
  if (!sameShape(key.shape, [2])) {
    throw new ShapeError({
      summary: "key must have shape [2]",
      problems: [`its shape is [${key.shape.join(", ")}]`],
      fix: "pass two int32 words",
    });
  }
}

export const randomBitsOp = defineOp<RandomAttributes>({
  name: "randomBits",
  inputNames: ["key"],
  infer: ({ inputs, attributes: { shape } }) => {
    checkKey(inputs[0] as TensorSpec);
    return { shape, dtype: "int32" };
  },
  vjp: notDifferentiable("random bits depend on nothing that has a gradient"),
  lower: ({ inputs, outputs }) => ({ kind: "random", reads: inputs, writes: outputs }),
});

/**
 * int32 tensor of `shape` with 32 uniform random bits an element: word i of the row-major result is word i mod 2 of
 * Threefry-2x32-20 with `key` (int32 [2]) and counter ⌊i / 2⌋ (Salmon et al., SC 2011).
 */
export function randomBits(key: Tensor, shape: Shape): Tensor {
  return randomBitsOp.apply([key], { shape: [...shape] });
}
