/** Change of dtype. */

import { OptionError } from "../errors/errors.ts";
import { nearest } from "../errors/options.ts";
import { locate } from "../graph/locate.ts";
import type { Attributes } from "../graph/op.ts";
import { type DType, dtypes, isFloat } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";

interface CastAttributes extends Attributes {
  readonly dtype: DType;
}

// Between floats the map is the identity up to rounding: x̄ = ȳ in x's dtype. Through integers nothing flows.
export const castOp = elementwise<CastAttributes>({
  name: "cast",
  inputNames: ["x"],
  accepts: "any",
  result: (_, { dtype }) => dtype,
  expression: (e, [x], { dtype }) => e.cast(x as number, dtype),
  vjp: ({ inputs: [x], dy, attributes: { dtype } }) => [isFloat(dtype) ? dy.cast((x as Tensor).dtype) : null],
});

/**
 * `x` as another dtype. To an integer: truncated toward zero and saturated, NaN gives 0. To bool: `x ≠ 0`.
 * The gradient passes between floats only. Throws `OptionError` for an unknown dtype.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (!dtypes.includes(dtype)) {
    throw locate(
      new OptionError({
        op: "cast",
        summary: `"${dtype}" is no dtype`,
        problems: [`known dtypes: ${dtypes.join(", ")}`],
        fix: `write "${nearest(String(dtype), dtypes) ?? "float32"}"`,
      }),
    );
  }
  return x.dtype === dtype ? x : castOp.apply([x], { dtype });
}
