/** Uniform random numbers in [0, 1). */

import { DTypeError } from "../errors/errors.ts";
import { defineOp, notDifferentiable } from "../graph/op.ts";
import { ScalarBuilder } from "../program/scalar.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { checkKey, type RandomAttributes, randomBits } from "./random-bits.ts";

// The top 24 bits as a multiple of 2⁻²⁴: exact in float32, so 1 is never reached by rounding.
export const unitIntervalOp = defineOp<Record<never, never>>({
  name: "unitInterval",
  inputNames: ["bits"],
  infer: ({ inputs }) => {
    const bits = inputs[0] as TensorSpec;
    if (bits.dtype !== "int32") throw new DTypeError({ summary: "bits must be int32", fix: 'bits.cast("int32")' });
    return { shape: bits.shape, dtype: "float32" };
  },
  vjp: notDifferentiable("bits are integers"),
  lower: ({ inputs, outputs }) => {
    const e = new ScalarBuilder();
    const top = e.binary("shrU", e.read(0, "int32"), e.const(8, "int32"));
    const value = e.binary("mul", e.cast(top, "float32"), e.const(2 ** -24, "float32"));
    return {
      kind: "map",
      shape: outputs[0]?.shape ?? [],
      reads: inputs,
      writes: outputs,
      expression: e.build([value]),
    };
  },
});

export const uniformOp = defineOp<RandomAttributes>({
  name: "uniform",
  inputNames: ["key"],
  infer: ({ inputs, attributes: { shape } }) => {
    checkKey(inputs[0] as TensorSpec);
    return { shape, dtype: "float32" };
  },
  vjp: notDifferentiable("random numbers depend on nothing that has a gradient"),
  expand: ([key], { shape }) => unitIntervalOp.apply([randomBits(key as Tensor, shape)], {}),
});

/** float32 tensor of `shape`, uniform in [0, 1), made of `key` (int32 [2]) alone. */
export function uniform(key: Tensor, shape: Shape): Tensor {
  return uniformOp.apply([key], { shape: [...shape] });
}
