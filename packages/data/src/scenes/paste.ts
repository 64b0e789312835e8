/**
 * Pasting one item into a scene: turned and scaled about its centre, read by bilinear interpolation, blended over the
 * photograph by its coverage. The box is the tightest around the pixels that count as the item's.
 */

import type { LabelledImage } from "../labelled-images.ts";
import type { SampleRandom } from "../random.ts";

export type Paint = "ink" | "picture";

/** Coverage from which a pixel belongs to the item. */
const COVERED = 0.4;
/** In a picture, brightness from which a pixel lies inside the silhouette. */
const SILHOUETTE = 24;
/** Least difference of mean brightness between an item and what is behind it. */
const CONTRAST = 90;
/** Places tried for an item before it is left out. */
const TRIES = 20;

export interface Paste {
  /** uint8 [3, size, size], drawn on. */
  readonly image: Uint8Array;
  /** int32 [size, size], drawn on. */
  readonly mask: Int32Array;
  readonly size: number;
  /** Boxes of the items so far, four numbers each. */
  readonly boxes: Float32Array;
  readonly item: LabelledImage;
  readonly random: SampleRandom;
  readonly options: {
    readonly scale: readonly [number, number];
    readonly degrees: number;
    readonly paint: Paint;
    readonly overlap: number;
  };
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

interface Stamp {
  readonly height: number;
  readonly width: number;
  /** Share of the item in each pixel, 0 … 1. */
  readonly coverage: Float32Array;
  /** Brightness of the item in each pixel, 0 … 255. */
  readonly shade: Float32Array;
  /** Bounds of the pixels that belong to the item. */
  readonly bounds: Box;
}

/** Draws the item at a random free place and gives its box, or `undefined` when none was found. */
export function pasteItem({ image, mask, size, boxes, item, random, options }: Paste): Box | undefined {
  const stamp = stampOf(item, random, options);
  if (stamp === undefined) return undefined;
  const place = freePlace(stamp.bounds, size, boxes, options.overlap, random);
  if (place === undefined) return undefined;
  const { dx, dy, box } = place;
  const colour = colourAgainst(meanBrightness(image, size, box), random);
  for (let y = Math.max(0, -dy); y < Math.min(stamp.height, size - dy); y++) {
    for (let x = Math.max(0, -dx); x < Math.min(stamp.width, size - dx); x++) {
      const from = y * stamp.width + x;
      const share = stamp.coverage[from] as number;
      if (share === 0) continue;
      const to = (y + dy) * size + x + dx;
      if (share >= COVERED) mask[to] = item.label + 1;
      for (let c = 0; c < 3; c++) {
        const at = c * size * size + to;
        const own = ((colour[c] as number) * (stamp.shade[from] as number)) / 255;
        image[at] = Math.round((1 - share) * (image[at] as number) + share * own);
      }
    }
  }
  return box;
}

/** Where a stamp with these bounds fits into the scene without covering other boxes. */
function freePlace(
  [left, top, right, bottom]: Box,
  size: number,
  boxes: Float32Array,
  overlap: number,
  random: SampleRandom,
): { readonly dx: number; readonly dy: number; readonly box: Box } | undefined {
  if (right - left > size || bottom - top > size) return undefined;
  for (let i = 0; i < TRIES; i++) {
    const dx = random.integer(0, size - (right - left) + 1) - left;
    const dy = random.integer(0, size - (bottom - top) + 1) - top;
    const box: Box = [left + dx, top + dy, right + dx, bottom + dy];
    let free = true;
    for (let k = 0; k < boxes.length && free; k += 4) free = sharedPart(box, boxes.subarray(k, k + 4)) <= overlap;
    if (free) return { dx, dy, box };
  }
  return undefined;
}

/** The item, turned and scaled, in a canvas that holds it; `undefined` for an empty one. */
function stampOf(
  { image }: LabelledImage,
  random: SampleRandom,
  { scale, degrees, paint }: Paste["options"],
): Stamp | undefined {
  const [, h, w] = image.shape as readonly [number, number, number];
  const factor = scale[0] + (scale[1] - scale[0]) * random.uniform();
  const angle = (degrees * (2 * random.uniform() - 1) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / factor, Math.sin(angle) / factor];
  const reach = Math.ceil(Math.hypot(h, w) * factor) + 2;
  const coverage = new Float32Array(reach * reach);
  const shade = new Float32Array(reach * reach);
  const bordered = withBorder(image.data, h, w);
  let [left, top, right, bottom] = [reach, reach, 0, 0];
  const middle = (reach - 1) / 2;
  for (let y = 0; y < reach; y++) {
    for (let x = 0; x < reach; x++) {
      const fromX = (w - 1) / 2 + cos * (x - middle) + sin * (y - middle);
      const fromY = (h - 1) / 2 + cos * (y - middle) - sin * (x - middle);
      if (fromX <= -1 || fromY <= -1 || fromX >= w || fromY >= h) continue;
      const value = readBilinear(bordered, w + 2, fromX + 1, fromY + 1);
      const share = paint === "ink" ? value / 255 : Math.min(1, value / SILHOUETTE);
      const at = y * reach + x;
      coverage[at] = share;
      shade[at] = paint === "ink" ? 255 : value;
      if (share < COVERED) continue;
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + 1);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return bottom === 0
    ? undefined
    : { height: reach, width: reach, coverage, shade, bounds: [left, top, right, bottom] };
}

/** The picture with one row and column of zeros on every side, so that reading at its edge needs no questions. */
function withBorder(data: Uint8Array, h: number, w: number): Uint8Array {
  const bordered = new Uint8Array((h + 2) * (w + 2));
  for (let y = 0; y < h; y++) bordered.set(data.subarray(y * w, (y + 1) * w), (y + 1) * (w + 2) + 1);
  return bordered;
}

/** The value between four pixels. */
function readBilinear(data: Uint8Array, width: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - left, y - top];
  const at = top * width + left;
  const upper = (data[at] as number) * (1 - fx) + (data[at + 1] as number) * fx;
  const lower = (data[at + width] as number) * (1 - fx) + (data[at + width + 1] as number) * fx;
  return upper * (1 - fy) + lower * fy;
}

/** The intersection's share of the smaller box. */
function sharedPart([l, t, r, b]: Box, other: Float32Array): number {
  const [ol = 0, ot = 0, or = 0, ob = 0] = other;
  const shared = Math.max(0, Math.min(r, or) - Math.max(l, ol)) * Math.max(0, Math.min(b, ob) - Math.max(t, ot));
  return shared / Math.min((r - l) * (b - t), (or - ol) * (ob - ot));
}

function meanBrightness(image: Uint8Array, size: number, [left, top, right, bottom]: Box): number {
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) sum += image[(c * size + y) * size + x] as number;
    }
  }
  return sum / (3 * (right - left) * (bottom - top));
}

/** A colour that stands out against a brightness: its mean lies at least `CONTRAST` above or below. */
function colourAgainst(behind: number, random: SampleRandom): readonly [number, number, number] {
  const [above, below] = [Math.max(0, 255 - behind - CONTRAST), Math.max(0, behind - CONTRAST)];
  const place = random.uniform() * (above + below);
  const mean = place < above ? behind + CONTRAST + place : place - above;
  // Tints add up to nothing, so that the mean stays; they shrink towards black and white.
  const room = 0.8 * Math.min(mean, 255 - mean);
  const [a, b] = [room * (2 * random.uniform() - 1), room * (2 * random.uniform() - 1)];
  return [mean + a / 2 - b / 2, mean + b / 2, mean - a / 2];
}
