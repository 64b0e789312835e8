/**
 * Images with what a network says about them: boxes, masks and heat maps.
 */

import { checkOptions, OptionError, ShapeError, type TypedArray } from "@prewitt/core";
import { SERIES } from "../drawing/theme.ts";
import { rgbOf, viridis } from "./colour-map.ts";
import { Picture, type TileBox } from "./picture.ts";
import { coloured, type PictureSource, rastersOf, tensorOf } from "./tensors.ts";

/** A box on an image in pixels, right and bottom exclusive. */
export interface ShownBox {
  readonly box: readonly [left: number, top: number, right: number, bottom: number] | Float32Array;
  /** Number of the class; it chooses the colour. */
  readonly label?: number | undefined;
  /** 0 … 1, written beside the class. */
  readonly score?: number | undefined;
  /** Drawn dashed, for the truth beside predictions. */
  readonly truth?: boolean | undefined;
}

export interface AnnotatedOptions {
  readonly title?: string | undefined;
  /** Names of the classes. */
  readonly classes?: readonly string[] | undefined;
  readonly captions?: readonly string[] | undefined;
  readonly perRow?: number | undefined;
  readonly width?: number | undefined;
}

const KNOWN = ["title", "classes", "captions", "perRow", "width"];

function colourOf(label: number): string {
  return SERIES[((label % SERIES.length) + SERIES.length) % SERIES.length] as string;
}

function gridOf(n: number, { perRow = Math.ceil(Math.sqrt(n * 1.4)), width }: AnnotatedOptions) {
  return { perRow, width: width ?? Math.max(96, Math.min(320, Math.floor(720 / perRow))) };
}

/**
 * Images [N, 1 | 3, H, W] with boxes, a list for each image.
 *
 * Throws `OptionError` for unknown options and another number of lists.
 *
 * @example charts.boxes(image, [[{ box: [4, 8, 30, 40], label: 3, score: 0.97 }]], { classes })
 */
export function boxes(
  source: PictureSource,
  lists: readonly (readonly ShownBox[])[],
  options: AnnotatedOptions = {},
): Picture {
  checkOptions("charts.boxes", options, KNOWN);
  const { title, classes, captions } = options;
  const rasters = rastersOf("charts.boxes", source);
  if (lists.length < rasters.length) {
    throw new OptionError({
      op: "charts.boxes",
      summary: `${lists.length} lists of boxes for ${rasters.length} images`,
      fix: "give one list for each image, [] where there is no box",
    });
  }
  const tiles = rasters.map((raster, i) => ({
    raster,
    caption: captions?.[i],
    boxes: (lists[i] as readonly ShownBox[]).map(({ box, label, score, truth = false }): TileBox => {
      const [left, top, right, bottom] = box as readonly [number, number, number, number];
      const name = label === undefined ? "" : (classes?.[label] ?? `${label}`);
      const text = truth ? "" : [name, score?.toFixed(2)].filter(Boolean).join(" ");
      return {
        left,
        top,
        right,
        bottom,
        dashed: truth,
        colour: colourOf(label ?? 0),
        label: text === "" ? undefined : text,
      };
    }),
  }));
  const count = tiles.reduce((n, tile) => n + tile.boxes.length, 0);
  return new Picture({
    title,
    tiles,
    ...gridOf(tiles.length, options),
    summary: `${tiles.length} images, ${count} boxes`,
  });
}

export interface MasksOptions extends AnnotatedOptions {
  /** How much of the class's colour covers the image (default 0.55). */
  readonly opacity?: number | undefined;
  /** The class that is left as it is (default 0, the background). */
  readonly background?: number | undefined;
}

/**
 * Images [N, 1 | 3, H, W] with the classes of their pixels, [N, H, W], in colours.
 *
 * Throws `ShapeError` when the masks do not cover the images, `OptionError` for unknown options.
 *
 * @example charts.masks(image, logits.argmax(1), { classes: ["background", "0", "1"] })
 */
export function masks(source: PictureSource, classesOfPixels: PictureSource, options: MasksOptions = {}): Picture {
  checkOptions("charts.masks", options, [...KNOWN, "opacity", "background"]);
  const { title, classes, captions, opacity = 0.55, background = 0 } = options;
  const rasters = rastersOf("charts.masks", source);
  const mask = coverOf("charts.masks", source, classesOfPixels);
  const seen = new Set<number>();
  const tiles = rasters.map((raster, n) => {
    const { pixels, ...form } = coloured(raster);
    const area = form.width * form.height;
    for (let i = 0; i < area; i++) {
      const label = mask[n * area + i] as number;
      if (label === background) continue;
      seen.add(label);
      blend(pixels, 3 * i, rgbOf(colourOf(label)), opacity);
    }
    return { raster: { ...form, pixels }, caption: captions?.[n] };
  });
  const legend = [...seen]
    .sort((a, b) => a - b)
    .map((label) => ({ name: classes?.[label] ?? `${label}`, colour: colourOf(label) }));
  return new Picture({
    title,
    tiles,
    ...gridOf(tiles.length, options),
    legend,
    summary: `${tiles.length} images, ${seen.size} classes of pixels`,
  });
}

/**
 * Images [N, 1 | 3, H, W] under heat maps [N, H, W], each from its least to its greatest value, as Grad-CAM and occlusion
 * give them; hot places are covered more.
 *
 * @example charts.heat(image, gradCam, { captions: ["cat"] })
 */
export function heat(source: PictureSource, maps: PictureSource, options: AnnotatedOptions = {}): Picture {
  checkOptions("charts.heat", options, KNOWN);
  const rasters = rastersOf("charts.heat", source);
  const values = coverOf("charts.heat", source, maps);
  const tiles = rasters.map((raster, n) => {
    const { pixels, ...form } = coloured(raster);
    const area = form.width * form.height;
    const own = values.subarray(n * area, (n + 1) * area) as Float32Array;
    const low = own.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const high = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    for (let i = 0; i < area; i++) {
      const t = ((own[i] as number) - low) / (high - low || 1);
      blend(pixels, 3 * i, viridis(t), 0.25 + 0.45 * t);
    }
    return { raster: { ...form, pixels }, caption: options.captions?.[n] };
  });
  return new Picture({
    title: options.title,
    tiles,
    ...gridOf(tiles.length, options),
    summary: `${tiles.length} images under heat maps`,
  });
}

/** The numbers of maps [N, H, W] or [N, 1, H, W] that cover the images. */
function coverOf(op: string, source: PictureSource, maps: PictureSource): TypedArray {
  const [image, map] = [tensorOf(source), tensorOf(maps)];
  const [height, width] = image.shape.slice(-2);
  const n = image.rank === 4 ? (image.shape[0] as number) : 1;
  const [h, w] = map.shape.slice(-2);
  if (h === height && w === width && map.size === n * (h as number) * (w as number)) return map.dataSync();
  throw new ShapeError({
    op,
    summary: "the maps do not cover the images",
    operands: [
      { name: "images", shape: image.shape },
      { name: "maps", shape: map.shape },
    ],
    fix: `pass maps [${n}, ${height}, ${width}]; resize them first where they are smaller`,
  });
}

function blend(pixels: Uint8Array, at: number, colour: readonly [number, number, number], share: number): void {
  for (let c = 0; c < 3; c++)
    pixels[at + c] = Math.round((1 - share) * (pixels[at + c] as number) + share * (colour[c] as number));
}
