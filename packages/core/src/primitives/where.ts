/** Elementwise choice between two tensors. */

import { scalarNode } from "../graph/leaves.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operands } from "./elementwise.ts";

// z = c ? a : b: ā = c ? z̄ : 0, b̄ = c ? 0 : z̄. Selected, not multiplied: the branch that was not taken gets exactly 0
// even where z̄ is infinite.
export const whereOp = elementwise<Record<never, never>>({
  name: "where",
  inputNames: ["condition", "whenTrue", "whenFalse"],
  accepts: "any",
  free: new Map([[0, "bool"]]),
  expression: (e, [c, a, b]) => e.select(c as number, a as number, b as number),
  vjp: ({ inputs, dy, needs }) => {
    const condition = inputs[0] as Tensor;
    return [null, needs(1) ? condition.where(dy, 0) : null, needs(2) ? condition.where(0, dy) : null];
  },
});

/**
 * `whenTrue` where `condition` (bool) is true, `whenFalse` elsewhere. Shapes broadcast; two numbers give float32.
 *
 * The branch that is not taken gets a zero gradient. What made that branch may still turn the zero into NaN (0 · ∞): to
 * leave elements out of, say, a square root, put a `where` around its input too.
 *
 * @example
 * const positive = x.greater(0);
 * const root = where(positive, where(positive, x, 1).sqrt(), 0);
 */
export function where(condition: Tensor, whenTrue: TensorLike, whenFalse: TensorLike): Tensor {
  const branches =
    typeof whenTrue === "number" && typeof whenFalse === "number"
      ? [scalarNode(whenTrue, "float32"), scalarNode(whenFalse, "float32")]
      : operands("where", whenTrue, whenFalse);
  return whereOp.apply([condition, ...branches], {});
}
