/**
 * Normal random numbers by Box and Muller's transform: with u, v uniform in [0, 1),
 *
 *     z = √(−2 ln(1 − u)) · cos 2πv
 *
 * has mean 0 and variance 1. 1 − u is never 0, and exact for multiples of 2⁻²⁴. Element i takes words 2i and 2i + 1 of
 * the key's bits, one block of the generator, so it does not depend on how many elements follow.
 */

import { defineOp, notDifferentiable } from "../graph/op.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { checkKey, type RandomAttributes } from "./random-bits.ts";
import { uniform } from "./uniform.ts";

export const normalOp = defineOp<RandomAttributes>({
  name: "normal",
  inputNames: ["key"],
  infer: ({ inputs, attributes: { shape } }) => {
    checkKey(inputs[0] as TensorSpec);
    return { shape, dtype: "float32" };
  },
  vjp: notDifferentiable("random numbers depend on nothing that has a gradient"),
  expand: ([key], { shape }) => {
    const pairs = uniform(key as Tensor, [...shape, 2]);
    const whole = shape.map(() => null);
    const u = pairs.slice(...whole, 0);
    const v = pairs.slice(...whole, 1);
    const radius = u.neg().log1p().mul(-2).sqrt();
    return radius.mul(v.mul(2 * Math.PI).cos());
  },
});

/** float32 tensor of `shape`, normal with mean 0 and variance 1, made of `key` (int32 [2]) alone. */
export function normal(key: Tensor, shape: Shape): Tensor {
  return normalOp.apply([key], { shape: [...shape] });
}
