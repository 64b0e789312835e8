/** A value that no gradient passes through. */

import { defineOp, notDifferentiable } from "../graph/op.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

export const stopGradientOp = defineOp<Record<never, never>>({
  name: "stopGradient",
  inputNames: ["x"],
  infer: ({ inputs }) => inputs[0] as TensorSpec,
  flops: () => 0,
  vjp: notDifferentiable("stopGradient cuts it on purpose"),
  view: (input) => input,
});

/** `x`, with every gradient through it cut off. */
export function stopGradient(x: Tensor): Tensor {
  return stopGradientOp.apply([x], {});
}
