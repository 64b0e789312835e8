/**
 * The argument of a function that is being transformed: the same value as a node of its own, so that `vjp`, `jvp` and
 * `hvp` differentiate with respect to the argument alone, though two arguments be one tensor, or one computed from another.
 */

import { defineOp } from "../graph/op.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";

const argumentOp = defineOp<Record<never, never>>({
  name: "argument",
  inputNames: ["x"],
  infer: ({ inputs }) => inputs[0] as TensorSpec,
  flops: () => 0,
  // y = x: x̄ = ȳ.
  vjp: ({ dy }) => [dy],
  view: (input) => input,
});

export function argument(x: Tensor): Tensor {
  return argumentOp.apply([x], {});
}
