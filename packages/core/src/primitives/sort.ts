/** Stable sort along an axis. */

import { checkOptions } from "../errors/options.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { resolveAxis } from "./axes.ts";
import { scatterInto } from "./scatter-add.ts";

interface SortAttributes extends Attributes {
  readonly axis: number;
  readonly descending: boolean;
}

export interface SortOptions {
  readonly descending?: boolean | undefined;
}

// y[p] = x[p with p_axis ← index[p]] with the index held fixed: the gradient of gather. Ties keep their order, so each
// element gets the cotangent of the place it went to.
export const sortOp = defineOp<SortAttributes>({
  name: "sort",
  inputNames: ["x"],
  infer: ({ inputs }) => {
    const { shape, dtype } = inputs[0] as TensorSpec;
    return [
      { shape, dtype },
      { shape, dtype: "int32" },
    ];
  },
  vjp: ({ inputs, outputs, dy, attributes: { axis } }) => [
    scatterInto((inputs[0] as Tensor).shape, outputs[1] as Tensor, dy, axis),
  ],
  lower: ({ inputs, outputs, attributes: { axis, descending } }) => ({
    kind: "sort",
    axis,
    descending,
    reads: inputs,
    writes: outputs,
  }),
});

/**
 * `x` in order along `axis` (default the last), and the int32 index each value had. Equal elements keep their order; NaN
 * counts as greater than everything.
 *
 * @example const { values, indices } = sort(scores, 0, { descending: true });
 */
export function sort(
  x: Tensor,
  axis = -1,
  options: SortOptions = {},
): { readonly values: Tensor; readonly indices: Tensor } {
  checkOptions("sort", options, ["descending"]);
  const attributes = { axis: resolveAxis("sort", axis, x.shape), descending: options.descending ?? false };
  const [values, indices] = sortOp.applyAll([x], attributes) as readonly [Tensor, Tensor];
  return { values, indices };
}
