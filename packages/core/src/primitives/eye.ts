/** Identity matrix. */

import { ShapeError } from "../errors/errors.ts";
import { checkOptions } from "../errors/options.ts";
import { type Attributes, defineOp, notDifferentiable } from "../graph/op.ts";
import { ScalarBuilder } from "../program/scalar.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

interface EyeAttributes extends Attributes {
  readonly size: number;
  readonly dtype: DType;
}

export const eyeOp = defineOp<EyeAttributes>({
  name: "eye",
  infer: ({ attributes: { size, dtype } }) => {
    if (!Number.isInteger(size) || size < 0) {
      throw new ShapeError({ summary: `a matrix cannot have ${size} rows`, fix: "pass an integer of 0 or more" });
    }
    return { shape: [size, size], dtype };
  },
  vjp: notDifferentiable("its values are constants"),
  lower: ({ outputs, attributes: { size, dtype } }) => {
    const e = new ScalarBuilder();
    const value = e.cast(e.binary("eq", e.index(0), e.index(1)), dtype);
    return { kind: "map", shape: [size, size], reads: [], writes: outputs, expression: e.build([value]) };
  },
});

/** The identity matrix of `size` rows and columns; float32 unless `dtype` says otherwise. */
export function eye(size: number, options: { readonly dtype?: DType | undefined } = {}): Tensor {
  checkOptions("eye", options, ["dtype"]);
  return eyeOp.apply([], { size, dtype: options.dtype ?? "float32" });
}
