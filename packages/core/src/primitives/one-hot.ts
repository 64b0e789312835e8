/** Class indices as rows of zeros with a single one. */

import { DTypeError, OptionError } from "../errors/errors.ts";
import { checkOptions } from "../errors/options.ts";
import { type Attributes, defineOp, notDifferentiable } from "../graph/op.ts";
import type { Operand } from "../program/operand.ts";
import { ScalarBuilder } from "../program/scalar.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

interface OneHotAttributes extends Attributes {
  readonly classes: number;
  readonly dtype: DType;
}

// y[p, c] = [labels[p] = c], c along a new last axis.
export const oneHotOp = defineOp<OneHotAttributes>({
  name: "oneHot",
  inputNames: ["labels"],
  infer: ({ inputs, attributes: { classes, dtype } }) => {
    const labels = inputs[0] as TensorSpec;
    if (labels.dtype !== "int32") {
      throw new DTypeError({
        summary: "labels must be int32",
        problems: [`labels are ${labels.dtype}`],
        fix: 'labels.cast("int32")',
      });
    }
    if (!Number.isInteger(classes) || classes < 1) {
      throw new OptionError({
        summary: `classes must be a positive integer, got ${classes}`,
        fix: "pass the number of classes",
      });
    }
    return { shape: [...labels.shape, classes], dtype };
  },
  vjp: notDifferentiable("labels are integers"),
  lower: ({ inputs, outputs, attributes: { dtype } }) => {
    const labels = inputs[0] as Operand;
    const { shape } = outputs[0] as Operand;
    const e = new ScalarBuilder();
    const value = e.cast(e.binary("eq", e.read(0, "int32"), e.index(labels.shape.length)), dtype);
    const read = { ...labels, shape, strides: [...labels.strides, 0] };
    return { kind: "map", shape, reads: [read], writes: outputs, expression: e.build([value]) };
  },
});

/**
 * int32 `labels` of any shape as `[…labels.shape, classes]`: 1 at each label, else 0. A label outside 0 … classes − 1
 * gives a row of zeros. float32 unless `dtype` says otherwise.
 *
 * @example oneHot(tensor([0, 2], { dtype: "int32" }), 3) // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(labels: Tensor, classes: number, options: { readonly dtype?: DType | undefined } = {}): Tensor {
  checkOptions("oneHot", options, ["dtype"]);
  return oneHotOp.apply([labels], { classes, dtype: options.dtype ?? "float32" });
}
