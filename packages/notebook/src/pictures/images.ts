/**
 * Grids of images with captions, the filters of a convolution, and feature maps.
 */

import { checkOptions, OptionError, ShapeError } from "@prewitt/core";
import { type Raster, sheetOf } from "../raster.ts";
import { viridis } from "./colour-map.ts";
import { Picture } from "./picture.ts";
import { type PictureSource, rastersOf, tensorOf } from "./tensors.ts";

export interface ImagesOptions {
  readonly title?: string | undefined;
  /** A caption for each image. */
  readonly captions?: readonly string[] | undefined;
  /** "#rrggbb" for the caption of each image, such as red for mistakes. */
  readonly colours?: readonly (string | undefined)[] | undefined;
  /** Images in a row (default: a square of them). */
  readonly perRow?: number | undefined;
  /** Width of an image on the page (default: about 600 for all). */
  readonly width?: number | undefined;
  /** Values shown as black and white; default: 0 and 255 for uint8, the extremes for others. */
  readonly range?: readonly [black: number, white: number] | undefined;
}

/**
 * Images [N, 1 | 3, H, W] in a grid, at most 64.
 *
 * Throws `ShapeError` for other shapes and `OptionError` for unknown options and another number of captions.
 *
 * @example charts.images(worst, { captions: ["4, read as 9"], title: "The worst mistakes" })
 */
export function images(source: PictureSource, options: ImagesOptions = {}): Picture {
  checkOptions("charts.images", options, ["title", "captions", "colours", "perRow", "width", "range"]);
  const { title, captions, colours, range } = options;
  const rasters = rastersOf("charts.images", source, range);
  if (captions !== undefined && captions.length < rasters.length) {
    throw new OptionError({
      op: "charts.images",
      summary: `${captions.length} captions for ${rasters.length} images`,
      fix: "give one caption for each image",
    });
  }
  const perRow = options.perRow ?? Math.ceil(Math.sqrt(rasters.length * 1.6));
  const tiles = rasters.map((raster, i) => ({ raster, caption: captions?.[i], colour: colours?.[i] }));
  const total = tensorOf(source).shape.length === 4 ? (tensorOf(source).shape[0] as number) : 1;
  return new Picture({
    title,
    tiles,
    perRow,
    width: options.width ?? Math.max(24, Math.min(320, Math.floor(600 / perRow))),
    summary: total > tiles.length ? `the first ${tiles.length} of ${total} images` : `${total} images`,
  });
}

export interface MapsOptions {
  readonly title?: string | undefined;
  /** Most tiles (default 64). */
  readonly most?: number | undefined;
  readonly perRow?: number | undefined;
  readonly width?: number | undefined;
}

/**
 * The filters of a convolution, [O, C, KH, KW]: in colour for three input channels, otherwise one tile for every output
 * and input channel; grey is zero, and all share one scale.
 *
 * @example charts.filters(model.parameters()["features.0.weight"])
 */
export function filters(weight: PictureSource, options: MapsOptions = {}): Picture {
  checkOptions("charts.filters", options, ["title", "most", "perRow", "width"]);
  const x = tensorOf(weight);
  if (x.rank !== 4) throw notMaps("charts.filters", x.shape, "weights [O, C, KH, KW]");
  const [o, c] = x.shape as [number, number, number, number];
  const data = x.dataSync() as ArrayLike<number>;
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i] as number) || 0);
  const { tiles } = sheetOf(x, x.dataSync(), { range: [-most, most] });
  const shown = tiles.slice(0, options.most ?? 64);
  const colour = c === 3;
  const perRow = options.perRow ?? (colour || c === 1 ? Math.ceil(Math.sqrt(shown.length * 2)) : Math.min(c, 16));
  return new Picture({
    title: options.title ?? "Filters",
    tiles: shown.map((raster) => ({ raster })),
    perRow,
    width: options.width ?? Math.max(16, Math.min(64, Math.floor(600 / perRow))),
    summary: `${shown.length} of ${colour ? o : o * c} filters ${x.shape[2]} × ${x.shape[3]}; black −${most.toPrecision(3)}, white ${most.toPrecision(3)}`,
  });
}

/**
 * Feature maps of one image, [C, H, W] or [1, C, H, W], each in colours from its own least to its greatest value.
 *
 * @example charts.featureMaps(activations["features.1"])
 */
export function featureMaps(maps: PictureSource, options: MapsOptions = {}): Picture {
  checkOptions("charts.featureMaps", options, ["title", "most", "perRow", "width"]);
  const x = tensorOf(maps);
  const shape = x.rank === 4 && x.shape[0] === 1 ? x.shape.slice(1) : x.shape;
  if (shape.length !== 3) throw notMaps("charts.featureMaps", x.shape, "maps [C, H, W] of one image");
  const [c, height, width] = shape as [number, number, number];
  const data = x.dataSync() as ArrayLike<number>;
  const shown = Math.min(c, options.most ?? 64);
  const tiles = Array.from({ length: shown }, (_, k) => ({
    raster: heatRaster(
      Array.from({ length: height * width }, (_v, i) => data[k * height * width + i] as number),
      width,
    ),
    caption: `${k}`,
  }));
  const perRow = options.perRow ?? Math.ceil(Math.sqrt(shown * 2));
  return new Picture({
    title: options.title ?? "Feature maps",
    tiles,
    perRow,
    width: options.width ?? Math.max(28, Math.min(96, Math.floor(640 / perRow))),
    summary: `${shown} of ${c} maps ${height} × ${width}, each from its least (dark) to its greatest value (yellow)`,
  });
}

/** Numbers in colours from the least to the greatest. */
export function heatRaster(values: readonly number[], width: number, range?: readonly [number, number]): Raster {
  const finite = values.filter(Number.isFinite);
  const [low, high] = range ?? [
    finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  const pixels = new Uint8Array(3 * values.length);
  values.forEach((v, i) => {
    pixels.set(viridis((v - low) / (high - low || 1)), 3 * i);
  });
  return { width, height: values.length / width, channels: 3, pixels };
}

function notMaps(op: string, shape: readonly number[], wanted: string): ShapeError {
  return new ShapeError({ op, summary: `pass ${wanted}`, operands: [{ name: "x", shape }] });
}
