/** Shape checks as documentation that runs. */

import { ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Returns `x` if its shape matches: a number must equal its extent, a name stands for any, and equal names for equal
 * ones. Throws `ShapeError` that lists every axis that does not match.
 *
 * @example image.expectShape("N", 3, "S", "S") // colour images, as high as wide
 */
export function expectShape(x: Tensor, ...pattern: readonly (number | string)[]): Tensor {
  const { shape } = x;
  const problems: string[] = [];
  if (pattern.length !== shape.length) problems.push(`rank ${shape.length}, expected ${pattern.length}`);
  else {
    const bound = new Map<string, number>();
    pattern.forEach((want, axis) => {
      const found = shape[axis] as number;
      const known = typeof want === "number" ? want : (bound.get(want) ?? found);
      if (typeof want === "string" && !bound.has(want)) bound.set(want, found);
      if (found === known) return;
      const name = typeof want === "string" ? `${want} = ${known} before, ` : `expected ${want}, `;
      problems.push(`axis ${axis}: ${name}found ${found}`);
    });
  }
  if (problems.length === 0) return x;
  const names = pattern.map((want, axis) => (typeof want === "string" ? want : `${axis}`));
  throw locate(
    new ShapeError({
      op: "expectShape",
      summary: `the shape is not [${pattern.join(", ")}]`,
      operands: [{ name: "x", shape, dtype: x.dtype, axes: names }],
      problems,
      fix: `pass a tensor of shape [${pattern.join(", ")}]`,
    }),
  );
}
