/**
 * Pictures as text. With colours a character cell is an upper half block, its foreground the upper pixel and its
 * background the lower one, so pixels are about square. Without colours a pixel is two characters of a grey ramp.
 */

import { enlarge, type Raster, reduce, type Sheet } from "./raster.ts";
import type { ColourDepth } from "./terminal.ts";

const RAMP = " ░▒▓█";
const RESET = "\u001b[0m";
/** Small pictures such as 3×3 filters are enlarged to about this many pixels. */
const LEAST = 12;

/** Parameters of the escape sequence that sets a colour; `layer` is 38 for the foreground, 48 for the background. */
function colourCode(raster: Raster, x: number, y: number, layer: 38 | 48, depth: 8 | 24): string {
  const at = (y * raster.width + x) * raster.channels;
  const [r, g, b] = Array.from(
    { length: 3 },
    (_, c) => raster.pixels[at + (raster.channels === 3 ? c : 0)] as number,
  ) as [number, number, number];
  if (depth === 24) return `${layer};2;${r};${g};${b}`;
  // The 256 colours: a ramp of 24 greys from 232, and a cube of 6 × 6 × 6 from 16.
  if (raster.channels === 1) return `${layer};5;${232 + Math.round((r / 255) * 23)}`;
  const [i, j, k] = [r, g, b].map((v) => Math.round((v / 255) * 5)) as [number, number, number];
  return `${layer};5;${16 + 36 * i + 6 * j + k}`;
}

function halfBlocks(raster: Raster, depth: 8 | 24): string[] {
  return Array.from({ length: Math.ceil(raster.height / 2) }, (_, row) => {
    let line = "";
    let last = "";
    for (let x = 0; x < raster.width; x++) {
      const lower = 2 * row + 1 < raster.height ? `;${colourCode(raster, x, 2 * row + 1, 48, depth)}` : "";
      const code = colourCode(raster, x, 2 * row, 38, depth) + lower;
      line += code === last ? "▀" : `\u001b[${code}m▀`;
      last = code;
    }
    return line + RESET;
  });
}

function ramp(raster: Raster): string[] {
  const { width, height, channels, pixels } = raster;
  return Array.from({ length: height }, (_, y) => {
    let line = "";
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const [r, g, b] = channels === 3 ? pixels.subarray(at, at + 3) : [pixels[at], pixels[at], pixels[at]];
      // Luma of ITU-R BT.601.
      const grey = 0.299 * (r as number) + 0.587 * (g as number) + 0.114 * (b as number);
      line += (RAMP[Math.min(RAMP.length - 1, Math.floor((grey / 256) * RAMP.length))] as string).repeat(2);
    }
    return line;
  });
}

export interface BlockOptions {
  readonly columns: number;
  readonly depth: ColourDepth;
  /** Pixels per value; default: 1, more for very small pictures. */
  readonly scale?: number | undefined;
}

/** The sheet as lines of text, at most `columns` wide; larger pictures are reduced. */
export function blockLines(sheet: Sheet, options: BlockOptions): string[] {
  const first = sheet.tiles[0] as Raster;
  const cells = options.depth === 1 ? 2 : 1;
  const scale = options.scale ?? Math.max(1, Math.floor(LEAST / Math.max(first.width, first.height)));
  const room = Math.max(1, Math.floor(options.columns / cells));
  const shrink = Math.ceil((first.width * scale) / room);
  const sized = sheet.tiles.map((tile) => reduce(enlarge(tile, scale), shrink));
  const width = (sized[0] as Raster).width * cells + 1;
  const fit = Math.max(1, Math.floor((options.columns + 1) / width));
  const perRow = Math.min(fit, sheet.perRow ?? fit);
  const lines: string[] = [];
  // A group of tiles that does not fit beside each other goes on in the next row and ends there.
  const group = sheet.perRow ?? sized.length;
  for (let start = 0; start < sized.length; start += group) {
    for (let at = start; at < Math.min(start + group, sized.length); at += perRow) {
      const row = sized.slice(at, Math.min(at + perRow, start + group, sized.length));
      const texts = row.map((tile) => (options.depth === 1 ? ramp(tile) : halfBlocks(tile, options.depth)));
      if (lines.length > 0) lines.push("");
      for (let y = 0; y < (texts[0] as string[]).length; y++) lines.push(texts.map((text) => text[y]).join(" "));
    }
  }
  return lines;
}
