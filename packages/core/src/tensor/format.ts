/**
 * Tensors as text: one line without evaluating anything, or a summary of the values. Never thousands of numbers.
 */

import { isFloat, type TypedArray } from "./dtype.ts";
import { formatShape, type Shape, stridesOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Tensors of at most this many elements are shown whole. */
const WHOLE = 16;

/** `Tensor float32 [32, 10] = softmax (module head)`: shape, dtype and origin, without evaluating. */
export function formatTensor(x: Tensor): string {
  const output = x.node.outputs.length > 1 ? `, output ${x.output}` : "";
  const module = x.node.scope === "" ? "" : ` (module ${x.node.scope})`;
  return `Tensor ${x.dtype} ${formatShape(x.shape)} = ${x.node.op.name}${output}${module}`;
}

/** At most six significant digits, so that columns stay readable. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return Object.is(value, -0) ? "-0" : `${value}`;
  return `${Number(value.toPrecision(6))}`;
}

export interface Statistics {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly nan: number;
  readonly infinite: number;
}

/** Of the elements that are not NaN; NaN where there is none. */
export function statisticsOf(data: TypedArray): Statistics {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let nan = 0;
  let infinite = 0;
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number;
    if (Number.isNaN(v)) {
      nan++;
      continue;
    }
    if (v === Number.POSITIVE_INFINITY || v === Number.NEGATIVE_INFINITY) infinite++;
    if (v < min) min = v;
    if (v > max) max = v;
    sum += v;
  }
  const count = data.length - nan;
  return count === 0
    ? { min: Number.NaN, mean: Number.NaN, max: Number.NaN, nan, infinite }
    : { min, mean: sum / count, max, nan, infinite };
}

/**
 * Two or three lines: what the tensor is, its statistics, and its values: all of them up to 16 elements, the corners of
 * the last two axes beyond.
 */
export function formatSummary(x: Tensor, data: TypedArray): string {
  const lines = [formatTensor(x)];
  if (data.length > 0) {
    const s = statisticsOf(data);
    const parts = [`min ${formatNumber(s.min)}`, `mean ${formatNumber(s.mean)}`, `max ${formatNumber(s.max)}`];
    if (isFloat(x.dtype)) parts.push(`NaN ${s.nan}`);
    if (s.infinite > 0) parts.push(`infinite ${s.infinite}`);
    lines.push(`  ${parts.join(", ")}`);
  }
  lines.push(...formatValues(x.shape, data, x.dtype === "bool").map((line) => `  ${line}`));
  return lines.join("\n");
}

function formatValues(shape: Shape, data: TypedArray, boolean: boolean): string[] {
  const show = (i: number): string => (boolean ? `${data[i] === 1}` : formatNumber(data[i] as number));
  if (data.length === 0) return ["no elements"];
  if (shape.length === 0) return [show(0)];
  if (data.length <= WHOLE) return [nested(shape, stridesOf(shape), 0, 0, show)];
  const columns = shown(shape.at(-1) as number);
  const width = shape.at(-1) as number;
  if (shape.length === 1) return [row(0, columns, show)];
  const rows = shown(shape.at(-2) as number);
  const where = shape.length > 2 ? [`[${shape.slice(0, -2).fill(0).join(", ")}, :, :] of it:`] : [];
  return [...where, ...rows.map((r) => (r < 0 ? "…" : row(r * width, columns, show)))];
}

/** Indices to show of an extent, −1 for the gap. */
function shown(extent: number): number[] {
  return extent <= 4 ? Array.from({ length: extent }, (_, i) => i) : [0, 1, -1, extent - 2, extent - 1];
}

function row(start: number, columns: readonly number[], show: (i: number) => string): string {
  return `[${columns.map((c) => (c < 0 ? "…" : show(start + c))).join(", ")}]`;
}

function nested(
  shape: Shape,
  strides: readonly number[],
  axis: number,
  start: number,
  show: (i: number) => string,
): string {
  if (axis === shape.length) return show(start);
  const parts = Array.from({ length: shape[axis] as number }, (_, i) =>
    nested(shape, strides, axis + 1, start + i * (strides[axis] as number), show),
  );
  return `[${parts.join(", ")}]`;
}
