/** Piecewise linear tanh: x limited to min … max. */

import { checkOptions, elementwise, scalarNode, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { show } from "../window/options.ts";

// x̄ = ȳ where min < x < max, else 0: at both kinks 0, as in PyTorch, where `clamp` passes the gradient on. Written as "not
// outside", so that NaN stays NaN on its way back. The bounds are constants.
export const hardTanhOp = elementwise<Record<never, never>>({
  name: "hardTanh",
  inputNames: ["x", "min", "max"],
  accepts: "float",
  expression: (e, args) => {
    const [x, min, max] = args as readonly [number, number, number];
    return e.binary("min", e.binary("max", x, min), max);
  },
  vjp: ({ inputs, dy }) => {
    const [x, min, max] = inputs as readonly [Tensor, Tensor, Tensor];
    return [x.lessEqual(min).logicalOr(x.greaterEqual(max)).where(0, dy), null, null];
  },
});

export interface HardTanhOptions {
  /** Default −1. */
  readonly min?: number | undefined;
  /** Default 1. */
  readonly max?: number | undefined;
}

/**
 * min(max(x, `min`), `max`), elementwise, of floats; NaN stays NaN. The gradient at both bounds is 0.
 * Throws `OptionError` unless min < max.
 *
 * @example hardTanh(x, { min: 0, max: 6 })
 */
export function hardTanh(x: Tensor, options: HardTanhOptions = {}): Tensor {
  checkOptions("hardTanh", options, ["min", "max"]);
  const { min = -1, max = 1 } = options;
  if (!(min < max)) {
    const problems = new Problems();
    problems.option({
      summary: "min must be less than max",
      detail: `min is ${show(min)}, max is ${show(max)}`,
      fix: "write min: -1, max: 1",
    });
    problems.throwFrom("hardTanh", [named("x", x)]);
  }
  return hardTanhOp.apply([x, scalarNode(min, x.dtype), scalarNode(max, x.dtype)], {});
}
