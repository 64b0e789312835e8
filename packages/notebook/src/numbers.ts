/**
 * Small tensors as aligned numbers, the last axis across, the one before it down, slices of the others one by one.
 */

import { type DType, type Shape, sizeOf, type TypedArray } from "@prewitt/core";

function entry(value: number, dtype: DType): string {
  if (dtype === "bool") return value === 1 ? "true" : "false";
  if (Number.isInteger(value)) return Object.is(value, -0) ? "0" : String(value);
  return String(Number(value.toPrecision(4)));
}

/** Lines of text for the values of a tensor of any rank. */
export function numberLines(shape: Shape, data: TypedArray, dtype: DType): string[] {
  if (data.length === 0) return ["no elements"];
  const texts = Array.from(data as ArrayLike<number>, (v) => entry(v, dtype));
  const across = shape.at(-1) ?? 1;
  const down = shape.at(-2) ?? 1;
  const width = texts.reduce((most, text) => Math.max(most, text.length), 0);
  const lines: string[] = [];
  const slices = sizeOf(shape) / (across * down);
  for (let s = 0; s < slices; s++) {
    if (slices > 1) lines.push(`${s > 0 ? "\n" : ""}[${indexOf(s, shape.slice(0, -2)).join(", ")}, :, :]`);
    for (let y = 0; y < down; y++) {
      const from = (s * down + y) * across;
      lines.push(
        texts
          .slice(from, from + across)
          .map((text) => text.padStart(width))
          .join(" "),
      );
    }
  }
  return lines;
}

/** Position `at` of the row-major order as an index per axis. */
function indexOf(at: number, shape: Shape): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(at % (shape[axis] as number));
    at = Math.floor(at / (shape[axis] as number));
  }
  return index;
}
