/** Removal of axes of size 1. */

import { ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import type { Axes } from "../tensor/methods-type.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { resolveAxes } from "./axes.ts";

/** `x` without `axis`, which must have size 1; without all axes of size 1 when `axis` is absent. */
export function squeeze(x: Tensor, axis?: Axes): Tensor {
  const { shape } = x;
  const axes = axis === undefined ? shape.flatMap((n, i) => (n === 1 ? [i] : [])) : resolveAxes("squeeze", axis, shape);
  const problems = axes.flatMap((i) => (shape[i] === 1 ? [] : [`axis ${i} has size ${shape[i]}`]));
  if (problems.length > 0) {
    throw locate(
      new ShapeError({
        op: "squeeze",
        summary: "only axes of size 1 can be removed",
        operands: [{ name: "x", shape, dtype: x.dtype }],
        problems,
        fix: "reduce the axis, or slice one element of it",
      }),
    );
  }
  return x.reshape(shape.filter((_, i) => !axes.includes(i)));
}
