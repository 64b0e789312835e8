/**
 * What `max` and `min` share: a reduction with two outputs, the extreme value y and the int32 index of its first
 * occurrence, counted in row-major order over the reduced axes.
 *
 * With i over the reduced axes: y_j = x_{i*(j) j}, so x̄_ij = [i = i*(j)] ȳ_j. The cotangent goes wholly to the first
 * extreme; elements that tie with it get exactly 0.
 */

import type { Op } from "../graph/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { iota } from "./iota.ts";
import { type ReductionAttributes, reduction, rejectEmpty, restoreAxes } from "./reduction.ts";

export function extremum(name: "max" | "min"): Op<ReductionAttributes> {
  return reduction({
    name,
    accumulators: [name, name === "max" ? "argmax" : "argmin"],
    accepts: "number",
    check: rejectEmpty,
    vjp: ({ inputs: [x], outputs: [, index], dy, attributes }) => {
      const { shape } = x as Tensor;
      const chosen = restoreAxes(index as Tensor, shape, attributes);
      const place = iota(
        shape.map((n, axis) => (attributes.axes.includes(axis) ? n : 1)),
        attributes.axes,
      );
      return [place.equal(chosen).where(restoreAxes(dy, shape, attributes), 0)];
    },
  });
}
