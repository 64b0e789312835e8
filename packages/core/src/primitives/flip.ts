/** Reversal along axes: a view with negative strides. */

import { type Attributes, defineOp } from "../graph/op.ts";
import type { Axes } from "../tensor/methods-type.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { resolveAxes } from "./axes.ts";

interface FlipAttributes extends Attributes {
  readonly axes: readonly number[];
}

// y[p] = x[n − 1 − p]: its own inverse.
export const flipOp = defineOp<FlipAttributes>({
  name: "flip",
  inputNames: ["x"],
  infer: ({ inputs }) => inputs[0] as TensorSpec,
  flops: () => 0,
  vjp: ({ dy, attributes: { axes } }) => [dy.flip(axes)],
  view: (x, { axes }) => ({
    ...x,
    strides: x.strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    offset: axes.reduce(
      (offset, axis) => offset + Math.max(0, (x.shape[axis] as number) - 1) * (x.strides[axis] as number),
      x.offset,
    ),
  }),
});

/** `x` with the order of elements along `axis` (one axis or several) reversed. */
export function flip(x: Tensor, axis: Axes): Tensor {
  return flipOp.apply([x], { axes: resolveAxes("flip", axis, x.shape) });
}
