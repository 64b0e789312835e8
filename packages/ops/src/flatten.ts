/** Several axes as one: what lies between convolutions and a dense layer. */

import { checkOptions, locate, resolveAxis, ShapeError, sizeOf, type Tensor } from "@prewitt/core";
import { channelAxes, named } from "./operands.ts";

export interface FlattenOptions {
  /** First axis to join. Default 1, which keeps the batch. */
  readonly start?: number | undefined;
  /** Last axis to join. Default −1. */
  readonly end?: number | undefined;
}

/**
 * `x` with the axes `start` … `end` joined into one, in row-major order.
 * Throws `ShapeError` for axes that x has not, or an end before the start.
 *
 * @example flatten(features) // [N, C, H, W] → [N, C · H · W]
 */
export function flatten(x: Tensor, options: FlattenOptions = {}): Tensor {
  checkOptions("flatten", options, ["start", "end"]);
  const start = resolveAxis("flatten", options.start ?? 1, x.shape);
  const end = resolveAxis("flatten", options.end ?? -1, x.shape);
  if (start > end) {
    throw locate(
      new ShapeError({
        op: "flatten",
        summary: "end lies before start",
        operands: [named("x", x, channelAxes(x.rank))],
        problems: [`start is axis ${start}, end is axis ${end}`],
        fix: `write { start: ${end}, end: ${start} }`,
      }),
    );
  }
  return x.reshape([...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
}
