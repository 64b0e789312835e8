/**
 * Axes in another order, split and joined, written as einops does: "HWIO->OIHW", "HWCM->(CM)1HW", "(HWC)O->O(CHW)".
 *
 * A letter is an axis, letters in brackets are axes joined into one, the last running fastest, and 1 is an axis of size 1.
 * A. Rogozhnikov, "Einops: clear and reliable tensor manipulations with Einstein-like notation", ICLR 2022.
 */

import { formatShape, locate, OptionError, ShapeError, type Tensor } from "@prewitt/core";

/** The letters of each axis; none for an axis of size 1. */
type Side = readonly (readonly string[])[];

interface Pattern {
  readonly left: Side;
  readonly right: Side;
}

function refuse(pattern: string, problem: string): never {
  throw locate(
    new OptionError({
      op: "rearrange",
      summary: `"${pattern}" is no order of axes`,
      problems: [problem],
      fix: 'write for instance "HWIO->OIHW" or "(HWC)O->O(CHW)"',
    }),
  );
}

function parseSide(pattern: string, text: string): Side {
  const axes = text.replaceAll(" ", "").match(/\([A-Za-z]+\)|[A-Za-z]|1|./g) ?? [];
  return axes.map((axis) => {
    if (axis === "1") return [];
    const letters = axis.replace(/^\((.*)\)$/, "$1");
    if (!/^[A-Za-z]+$/.test(letters)) refuse(pattern, `"${axis}" is no axis`);
    return [...letters];
  });
}

function parsePattern(pattern: string): Pattern {
  const [left, right, ...more] = pattern.split("->");
  if (left === undefined || right === undefined || more.length > 0) return refuse(pattern, 'it needs one "->"');
  const sides = { left: parseSide(pattern, left), right: parseSide(pattern, right) };
  const [a, b] = [sides.left.flat(), sides.right.flat()];
  if (new Set(a).size !== a.length || new Set(b).size !== b.length) refuse(pattern, "an axis is named twice");
  if ([...a].sort().join() !== [...b].sort().join()) refuse(pattern, "both sides must name the same axes");
  return sides;
}

/** The size of each letter. Throws `ShapeError` when the shape does not fit. */
function letterSizes(
  pattern: string,
  { left }: Pattern,
  { shape }: Tensor,
  given: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const fail = (problem: string): never => {
    throw locate(
      new ShapeError({
        op: "rearrange",
        summary: `${formatShape(shape)} does not fit "${pattern}"`,
        problems: [problem],
        fix: "write the axes of the tensor on the left, and sizes for joined axes",
      }),
    );
  };
  if (left.length !== shape.length) return fail(`it has ${shape.length} axes, the pattern ${left.length}`);
  const sizes = new Map<string, number>();
  left.forEach((letters, axis) => {
    const extent = shape[axis] as number;
    const open = letters.filter((letter) => given[letter] === undefined);
    const known = letters.reduce((product, letter) => product * (given[letter] ?? 1), 1);
    if (open.length > 1) fail(`of ${open.join(" and ")} at most one size can be inferred`);
    const rest = open.length === 1 ? extent / known : 1;
    if (!Number.isInteger(rest) || (open.length === 0 && known !== extent))
      fail(`axis ${axis} has ${extent} elements, not a multiple of ${known}`);
    for (const letter of letters) sizes.set(letter, given[letter] ?? rest);
  });
  return sizes;
}

/**
 * `x` with its axes in the order of `pattern`; `sizes` of letters that joined axes do not tell.
 *
 * Throws `OptionError` for a pattern that cannot be read and `ShapeError` when it does not fit.
 *
 * @example rearrange(kernel, "HWIO->OIHW")
 * @example rearrange(dense, "(HWC)O->O(CHW)", { H: 7, W: 7 })
 */
export function rearrange(x: Tensor, pattern: string, sizes: Readonly<Record<string, number>> = {}): Tensor {
  const parsed = parsePattern(pattern);
  const extents = letterSizes(pattern, parsed, x, sizes);
  const size = (letter: string): number => extents.get(letter) as number;
  const from = parsed.left.flat();
  const to = parsed.right.flat();
  return x
    .reshape(from.map(size))
    .transpose(to.map((letter) => from.indexOf(letter)))
    .reshape(parsed.right.map((letters) => letters.reduce((product, letter) => product * size(letter), 1)));
}
