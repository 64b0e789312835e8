/**
 * Reading axis arguments: wrapped, sorted, checked, with errors that name the axes there are.
 */

import { OptionError, ShapeError } from "../errors/errors.ts";
import { checkOptions } from "../errors/options.ts";
import { locate } from "../graph/locate.ts";
import type { Axes, ReduceOptions } from "../tensor/methods-type.ts";
import { type Shape, wrapAxis } from "../tensor/shape.ts";

/** One axis, counted from the front. */
export function resolveAxis(op: string, axis: number, shape: Shape): number {
  const wrapped = wrapAxis(axis, shape.length);
  if (wrapped !== undefined) return wrapped;
  const rank = shape.length;
  throw locate(
    new ShapeError({
      op,
      summary: `axis ${axis} is no axis of a tensor of rank ${rank}`,
      operands: [{ name: "x", shape }],
      fix: rank === 0 ? "a scalar has no axes" : `use an integer from ${-rank} to ${rank - 1}`,
    }),
  );
}

/** Axes in rising order; all of them when `axis` is absent. */
export function resolveAxes(op: string, axis: Axes | undefined, shape: Shape): number[] {
  if (axis === undefined) return shape.map((_, i) => i);
  const list = typeof axis === "number" ? [axis] : [...axis];
  const wrapped = list.map((a) => resolveAxis(op, a, shape)).sort((a, b) => a - b);
  for (let i = 1; i < wrapped.length; i++) {
    if (wrapped[i] === wrapped[i - 1]) {
      throw locate(
        new OptionError({
          op,
          summary: `axis ${wrapped[i]} is named twice`,
          operands: [{ name: "x", shape }],
          fix: "name each axis once",
        }),
      );
    }
  }
  return wrapped;
}

/** `{ axis, keepDims }` from an options object, or from axes alone. Unknown keys throw `OptionError`. */
export function reduceOptions<T extends ReduceOptions = ReduceOptions>(
  op: string,
  options: T | Axes | undefined,
  known: readonly string[] = ["axis", "keepDims"],
): T {
  if (typeof options === "number" || Array.isArray(options)) return { axis: options as Axes } as T;
  checkOptions(op, options as T | undefined, known);
  return (options ?? {}) as T;
}

/** `shape` with the axes removed, or kept with size 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return shape.filter((_, i) => !axes.includes(i));
}
