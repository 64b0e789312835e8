/**
 * Tensors as pictures: which axes are rows and columns, how values become brightness, and how tiles are arranged.
 *
 *     [H, W]            one grey picture
 *     [1 | 3, H, W]     one grey or colour picture
 *     [C, H, W]         C grey pictures, the feature maps of one image
 *     [N, 1 | 3, H, W]  N pictures
 *     [O, C, H, W]      O rows of C grey pictures: the filters of a layer, or feature maps of several images
 */

import { formatShape, OptionError, type Shape, type Tensor, type TypedArray } from "@prewitt/core";
import { formatMetric } from "./units.ts";

/** One picture of bytes, row by row, with 1 (grey) or 3 (red, green, blue) channels interleaved. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** Pictures of one size in rows. */
export interface Sheet {
  readonly tiles: readonly Raster[];
  /** Tiles in a row that belong together; `undefined` where any number will do. */
  readonly perRow: number | undefined;
  /** What black and white stand for, and what was left out. */
  readonly caption: string;
}

export interface SheetOptions {
  /** Values shown as black and white; default: 0 and 255 for uint8, 0 and 1 for bool, the extremes for others. */
  readonly range?: readonly [black: number, white: number] | undefined;
}

/** Most pictures in one sheet. */
const MOST = 64;

/** How the axes of `shape` are read, or `undefined` where they make no picture. */
function readingOf(shape: Shape): { tiles: number; channels: 1 | 3; perRow: number | undefined } | undefined {
  const [a = 0, b = 0] = shape;
  if (shape.some((n) => n === 0)) return undefined;
  if (shape.length === 2) return { tiles: 1, channels: 1, perRow: 1 };
  if (shape.length === 3)
    return a === 3 ? { tiles: 1, channels: 3, perRow: 1 } : { tiles: a, channels: 1, perRow: undefined };
  if (shape.length !== 4) return undefined;
  if (b === 1 || b === 3) return { tiles: a, channels: b, perRow: undefined };
  return { tiles: a * b, channels: 1, perRow: b };
}

/** Whether a shape can be shown as pictures. */
export function isPictorial(shape: Shape): boolean {
  return readingOf(shape) !== undefined;
}

function rangeOf(data: TypedArray, dtype: string): readonly [number, number] {
  if (dtype === "uint8") return [0, 255];
  if (dtype === "bool") return [0, 1];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number;
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** A constant picture is drawn in middle grey, NaN in black. */
function brightness(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return 0;
  if (low === high) return value === low ? 128 : value < low ? 0 : 255;
  return Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low))));
}

/**
 * The pictures of `x`, whose values are `data`.
 * Throws `OptionError` when the shape makes no picture, or the range is none.
 */
export function sheetOf(x: Tensor, data: TypedArray, options: SheetOptions = {}): Sheet {
  const reading = readingOf(x.shape);
  if (reading === undefined) {
    throw new OptionError({
      op: "display",
      summary: `a tensor ${formatShape(x.shape)} is no picture`,
      fix: "pass [H, W], [C, H, W] or [N, C, H, W], or leave out `as`",
    });
  }
  const [low, high] = options.range ?? rangeOf(data, x.dtype);
  if (!(low <= high))
    throw new OptionError({ op: "display", summary: `range [${low}, ${high}] is none`, fix: "pass [black, white]" });
  const { channels, tiles: count } = reading;
  const [height, width] = x.shape.slice(-2) as [number, number];
  const tiles = Array.from({ length: Math.min(count, MOST) }, (_, t) => {
    const pixels = new Uint8Array(channels * height * width);
    for (let c = 0; c < channels; c++) {
      const plane = (t * channels + c) * height * width;
      for (let i = 0; i < height * width; i++)
        pixels[i * channels + c] = brightness(data[plane + i] as number, low, high);
    }
    return { width, height, channels, pixels };
  });
  const perRow = reading.perRow === undefined || reading.perRow > MOST ? undefined : reading.perRow;
  return { tiles, perRow, caption: captionOf(x, data, [low, high], count) };
}

function captionOf(x: Tensor, data: TypedArray, [low, high]: readonly [number, number], count: number): string {
  const parts = [`${x.dtype} ${formatShape(x.shape)}`, `black ${formatMetric(low)}, white ${formatMetric(high)}`];
  let nan = 0;
  for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) nan++;
  if (nan > 0) parts.push(`${nan.toLocaleString("en-US")} NaN shown black`);
  if (count > MOST) parts.push(`the first ${MOST} of ${count.toLocaleString("en-US")} pictures`);
  return parts.join("; ");
}

/** Every pixel as `factor` × `factor`. */
export function enlarge(raster: Raster, factor: number): Raster {
  if (factor === 1) return raster;
  const { channels, pixels } = raster;
  const [width, height] = [raster.width * factor, raster.height * factor];
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / factor) * raster.width + Math.floor(x / factor)) * channels;
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = pixels[from + c] as number;
    }
  }
  return { width, height, channels, pixels: out };
}

/** The mean of every `factor` × `factor` pixels; at the right and lower edge of what is left. */
export function reduce(raster: Raster, factor: number): Raster {
  if (factor === 1) return raster;
  const { channels, pixels } = raster;
  const [width, height] = [Math.ceil(raster.width / factor), Math.ceil(raster.height / factor)];
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [right, bottom] = [Math.min(raster.width, (x + 1) * factor), Math.min(raster.height, (y + 1) * factor)];
      const n = (right - x * factor) * (bottom - y * factor);
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let v = y * factor; v < bottom; v++) {
          for (let u = x * factor; u < right; u++) sum += pixels[(v * raster.width + u) * channels + c] as number;
        }
        out[(y * width + x) * channels + c] = Math.round(sum / n);
      }
    }
  }
  return { width, height, channels, pixels: out };
}
