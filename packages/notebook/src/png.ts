/**
 * Sheets of pictures as PNG files: tiles side by side with a gap, small ones enlarged so that pixels can be seen.
 */

import { encode } from "fast-png";
import { enlarge, type Raster, type Sheet } from "./raster.ts";

const GAP = 4;
/** Background between tiles, light grey. */
const GAP_VALUE = 208;
/** Tiles are enlarged, by whole factors, to about this many pixels. */
const TILE = 128;
const MOST_ACROSS = 2048;

/** The bytes of a PNG file. */
export function encodePng(sheet: Sheet): Uint8Array {
  const first = sheet.tiles[0] as Raster;
  const perRow = sheet.perRow ?? Math.ceil(Math.sqrt(sheet.tiles.length));
  const least = Math.min(TILE / Math.max(first.width, first.height), MOST_ACROSS / (perRow * first.width));
  const tiles = sheet.tiles.map((tile) => enlarge(tile, Math.max(1, Math.floor(least))));
  const { width: w, height: h, channels } = tiles[0] as Raster;
  const rows = Math.ceil(tiles.length / perRow);
  const width = perRow * (w + GAP) - GAP;
  const height = rows * (h + GAP) - GAP;
  const data = new Uint8Array(width * height * channels).fill(GAP_VALUE);
  tiles.forEach(({ pixels }, i) => {
    const [left, top] = [(i % perRow) * (w + GAP), Math.floor(i / perRow) * (h + GAP)];
    for (let y = 0; y < h; y++) {
      data.set(pixels.subarray(y * w * channels, (y + 1) * w * channels), ((top + y) * width + left) * channels);
    }
  });
  return encode({ width, height, data, depth: 8, channels });
}
