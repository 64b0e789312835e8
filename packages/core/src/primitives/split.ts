/** Cutting a tensor into parts along an axis. */

import { OptionError, ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import type { SliceRange } from "../tensor/methods-type.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { resolveAxis } from "./axes.ts";

/**
 * Parts of `x` along `axis` (default 0), as views: `parts` equal ones, or parts of the sizes given.
 * Throws `ShapeError` when the extent does not divide, or the sizes do not add up to it.
 *
 * @example const [mean, logVariance] = split(h, 2, 1);
 */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  const at = resolveAxis("split", axis, x.shape);
  const extent = x.shape[at] as number;
  const sizes = typeof parts === "number" ? equalSizes(x, parts, extent, at) : parts;
  const total = sizes.reduce((sum, n) => sum + n, 0);
  if (sizes.some((n) => !Number.isInteger(n) || n < 0)) {
    throw locate(
      new OptionError({ op: "split", summary: `sizes must be integers of 0 or more, got [${sizes.join(", ")}]` }),
    );
  }
  if (total !== extent) {
    throw locate(
      new ShapeError({
        op: "split",
        summary: `the sizes do not add up to the extent of axis ${at}`,
        operands: [{ name: "x", shape: x.shape, dtype: x.dtype }],
        problems: [`${sizes.join(" + ")} = ${total}, the extent is ${extent}`],
        fix: `give sizes whose sum is ${extent}`,
      }),
    );
  }
  let start = 0;
  return sizes.map((size) => {
    const range: SliceRange = [start, start + size];
    start += size;
    return x.slice(...x.shape.map((_, a) => (a === at ? range : null)));
  });
}

function equalSizes(x: Tensor, parts: number, extent: number, axis: number): readonly number[] {
  if (Number.isInteger(parts) && parts > 0 && extent % parts === 0)
    return new Array<number>(parts).fill(extent / parts);
  throw locate(
    new ShapeError({
      op: "split",
      summary: `axis ${axis} does not divide into ${parts} equal parts`,
      operands: [{ name: "x", shape: x.shape, dtype: x.dtype }],
      problems: [`${extent} / ${parts} = ${extent / parts}`],
      fix: "choose a divisor of the extent, or pass the sizes of the parts",
    }),
  );
}
