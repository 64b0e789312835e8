/** Limiting elements to a range. */

import { OptionError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { elementwise, operand } from "./elementwise.ts";

// y = min(max(x, low), high): x̄ = ȳ where low ≤ x ≤ high, bounds included as in PyTorch, else 0. Bounds that are
// tensors get what x does not: high where the limit from above bites, low where the one from below does.
export const clampOp = elementwise<Record<never, never>>({
  name: "clamp",
  inputNames: ["x", "low", "high"],
  accepts: "number",
  expression: (e, [x, low, high]) => e.binary("min", e.binary("max", x as number, low as number), high as number),
  vjp: ({ inputs, dy, needs }) => {
    const [x, low, high] = inputs as readonly [Tensor, Tensor, Tensor];
    const inside = (): Tensor => x.greaterEqual(low).logicalAnd(x.lessEqual(high));
    return [
      needs(0) ? inside().where(dy, 0) : null,
      needs(1) ? x.less(low).logicalAnd(low.lessEqual(high)).where(dy, 0) : null,
      needs(2) ? x.maximum(low).greater(high).where(dy, 0) : null,
    ];
  },
});

/**
 * `x` limited to `low … high`, elementwise; NaN stays NaN. The gradient passes inside the range and at its bounds.
 * Throws `OptionError` when both bounds are numbers and `low > high`.
 *
 * @example x.clamp(0, 6)
 */
export function clamp(x: Tensor, low: TensorLike, high: TensorLike): Tensor {
  if (typeof low === "number" && typeof high === "number" && !(low <= high)) {
    throw locate(
      new OptionError({
        op: "clamp",
        summary: `the range ${low} … ${high} is empty`,
        fix: Number.isNaN(low) || Number.isNaN(high) ? "pass numbers" : `write clamp(${high}, ${low})`,
      }),
    );
  }
  return clampOp.apply([x, operand("clamp", 1, low, x), operand("clamp", 2, high, x)], {});
}
