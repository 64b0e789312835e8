/** Running sum along an axis. */

import { DTypeError } from "../errors/errors.ts";
import { checkOptions } from "../errors/options.ts";
import { type Attributes, defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { resolveAxis } from "./axes.ts";

interface CumsumAttributes extends Attributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

export interface CumsumOptions {
  /** Leave each element out of its own sum. */
  readonly exclusive?: boolean | undefined;
  /** Run from the end. */
  readonly reverse?: boolean | undefined;
}

// y_j = Σ_{i ≤ j} x_i: x̄_i = Σ_{j ≥ i} ȳ_j, the running sum from the other end (with < and > when exclusive).
export const cumsumOp: Op<CumsumAttributes> = defineOp<CumsumAttributes>({
  name: "cumsum",
  inputNames: ["x"],
  infer: ({ inputs }) => {
    const x = inputs[0] as TensorSpec;
    if (x.dtype === "bool") throw new DTypeError({ summary: "cumsum does not take bool", fix: 'x.cast("int32")' });
    return { shape: x.shape, dtype: x.dtype };
  },
  vjp: ({ dy, attributes }) => [cumsumOp.apply([dy], { ...attributes, reverse: !attributes.reverse })],
  lower: ({ inputs, outputs, attributes }) => ({
    kind: "scan",
    combine: "sum",
    ...attributes,
    reads: inputs,
    writes: outputs,
  }),
});

/**
 * Sum of all elements up to each one, along `axis`.
 *
 * @example cumsum(tensor([1, 2, 3]), 0) // [1, 3, 6]
 */
export function cumsum(x: Tensor, axis: number, options: CumsumOptions = {}): Tensor {
  checkOptions("cumsum", options, ["exclusive", "reverse"]);
  const { exclusive = false, reverse = false } = options;
  return cumsumOp.apply([x], { axis: resolveAxis("cumsum", axis, x.shape), exclusive, reverse });
}
