/** Checks of operands that are compared vector by vector. */

import { type TensorSpec, wrapAxis } from "@prewitt/core";
import { demandEqualShapes } from "../loss/mse.ts";
import { demandSameFloat } from "../operands.ts";
import type { Problems } from "../problems.ts";

/** Demands one shape and one float dtype of all operands. */
export function demandEqualVectors(problems: Problems, specs: Readonly<Record<string, TensorSpec>>): void {
  const [[name, first] = ["", undefined], ...others] = Object.entries(specs);
  if (first === undefined) return;
  for (const [other, spec] of others) demandEqualShapes(problems, [name, other], first, spec);
  demandSameFloat(problems, specs);
}

/** `axis` counted from the front; a problem where it is none. */
export function demandAxis(problems: Problems, axis: number, { shape }: TensorSpec): number {
  const wrapped = wrapAxis(axis, shape.length);
  if (wrapped !== undefined) return wrapped;
  const rank = shape.length;
  problems.shape({
    summary: `axis ${axis} is no axis of a tensor of rank ${rank}`,
    detail: `the shape is [${shape.join(", ")}]`,
    fix: rank === 0 ? "a scalar has no axes" : `use an integer from ${-rank} to ${rank - 1}`,
  });
  return 0;
}
