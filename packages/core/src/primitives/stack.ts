/** Joining tensors of one shape along a new axis. */

import { ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { concat } from "./concat.ts";
import { unsqueeze } from "./unsqueeze.ts";

/**
 * `tensors`, all of one shape and dtype, along a new axis `axis` (default 0).
 *
 * @example stack(images) // n × [C, H, W] → [n, C, H, W]
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (first === undefined) {
    throw locate(
      new ShapeError({ op: "stack", summary: "there is nothing to stack", fix: "pass at least one tensor" }),
    );
  }
  const problems = tensors.flatMap((x, i) =>
    sameShape(x.shape, first.shape)
      ? []
      : [`input ${i} is ${formatShape(x.shape)}, input 0 is ${formatShape(first.shape)}`],
  );
  if (problems.length > 0) {
    throw locate(
      new ShapeError({
        op: "stack",
        summary: "shapes differ",
        problems,
        fix: "make the shapes equal, or use concat along an axis that may differ",
      }),
    );
  }
  return concat(
    tensors.map((x) => unsqueeze(x, axis)),
    axis,
  );
}
