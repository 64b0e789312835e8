/** Insertion of an axis of size 1. */

import { ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import { wrapAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** `x` with a new axis of size 1 that becomes axis `axis` of the result; −1 puts it last. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = wrapAxis(axis, x.rank + 1);
  if (at === undefined) {
    throw locate(
      new ShapeError({
        op: "unsqueeze",
        summary: `axis ${axis} is no place among ${x.rank} axes`,
        operands: [{ name: "x", shape: x.shape, dtype: x.dtype }],
        fix: `use an integer from ${-x.rank - 1} to ${x.rank}`,
      }),
    );
  }
  return x.reshape([...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
