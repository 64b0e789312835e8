/**
 * Tensors and arrays with a shape as tiles.
 */

import { isTensor, type Shape, ShapeError, type Tensor, type TypedArray, tensor, Variable } from "@prewitt/core";
import type { Raster } from "../raster.ts";
import { sheetOf } from "../raster.ts";

/** A tensor, a variable, or numbers with their shape. */
export type PictureSource = Tensor | Variable | { readonly data: TypedArray; readonly shape: Shape };

export function tensorOf(x: PictureSource): Tensor {
  if (x instanceof Variable) return x.read();
  return isTensor(x) ? x : tensor(x.data, { shape: x.shape });
}

/** Images [N, 1 | 3, H, W] or one image [1 | 3, H, W], [H, W] as rasters, at most 64. Throws `ShapeError` for others. */
export function rastersOf(op: string, images: PictureSource, range?: readonly [number, number]): readonly Raster[] {
  const x = tensorOf(images);
  const { shape } = x;
  const channels = shape.length === 2 ? 1 : shape.at(-3);
  if (shape.length < 2 || shape.length > 4 || (channels !== 1 && channels !== 3) || shape.includes(0)) {
    throw new ShapeError({
      op,
      summary: "these are no images",
      operands: [{ name: "images", shape }],
      fix: "pass [N, 1, H, W], [N, 3, H, W] or one of them without N",
    });
  }
  return sheetOf(x, x.dataSync(), range === undefined ? {} : { range }).tiles;
}

/** The raster in three channels, a copy. */
export function coloured({ width, height, channels, pixels }: Raster): {
  width: number;
  height: number;
  channels: 3;
  pixels: Uint8Array;
} {
  if (channels === 3) return { width, height, channels, pixels: pixels.slice() };
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) rgb.fill(pixels[i] as number, 3 * i, 3 * i + 3);
  return { width, height, channels: 3, pixels: rgb };
}
