/**
 * `Picture`: tiles of pixels in a grid, with captions and boxes drawn over them as vectors, so that text stays sharp at any
 * size. Pixels are embedded in the SVG as PNG and enlarged as squares where there are few.
 */

import { encode } from "fast-png";
import { blockLines } from "../blocks.ts";
import { Drawing, type DrawingOptions } from "../drawing/drawing.ts";
import { escapeMarkup } from "../drawing/escape.ts";
import { FONT_FAMILY } from "../drawing/rasterise.ts";
import { coloursOf } from "../drawing/theme.ts";
import { enlarge, type Raster } from "../raster.ts";

/** A rectangle on a tile in its pixels, with a text at its upper edge. */
export interface TileBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly label?: string | undefined;
  /** "#rrggbb" */
  readonly colour: string;
  /** A dashed outline, for the truth beside a prediction. */
  readonly dashed?: boolean | undefined;
}

export interface Tile {
  readonly raster: Raster;
  /** Below the tile. */
  readonly caption?: string | undefined;
  /** Colour of the caption, where it means something. */
  readonly colour?: string | undefined;
  readonly boxes?: readonly TileBox[] | undefined;
}

export interface PictureParts {
  readonly title?: string | undefined;
  readonly tiles: readonly Tile[];
  /** Tiles in a row. */
  readonly perRow: number;
  /** Width of a tile on the page. */
  readonly width: number;
  /** What is drawn, in words. */
  readonly summary: string;
  /** Meaning of colours, below everything. */
  readonly legend?: readonly { readonly name: string; readonly colour: string }[] | undefined;
}

const GAP = 8;
const TITLE = 26;
const CAPTION = 16;
/** Width of a character at font size 11, on average. */
const CHARACTER = 6;
/** Width up to which a raster is drawn as squares. */
const FEW_PIXELS = 64;

export class Picture extends Drawing {
  readonly #parts: PictureParts;

  constructor(parts: PictureParts) {
    super(parts.title);
    this.#parts = parts;
  }

  /** Tiles in order, as pixels. */
  get tiles(): readonly Tile[] {
    return this.#parts.tiles;
  }

  override async svg({ theme = "light" }: DrawingOptions = {}): Promise<string> {
    const { tiles, perRow, width, legend = [] } = this.#parts;
    const { ink, muted, paper } = coloursOf(theme);
    const first = tiles[0] as Tile;
    const height = Math.round((width * first.raster.height) / first.raster.width);
    const captions = tiles.some(({ caption }) => caption !== undefined) ? CAPTION : 0;
    const top = this.title === undefined ? 0 : TITLE;
    const rows = Math.ceil(tiles.length / perRow);
    const across = Math.min(perRow, tiles.length);
    const entries = legendEntries(legend, Math.max(across * (width + GAP) - GAP, 200));
    const below = entries.length === 0 ? 0 : 8 + 18 * ((entries.at(-1)?.row ?? 0) + 1);
    const total = [
      Math.max(across * (width + GAP) - GAP, entries.length > 0 ? 200 : 0, (this.title?.length ?? 0) * 8),
      top + rows * (height + captions + GAP) - GAP + below,
    ] as const;
    const drawn = tiles.map((tile, i) => {
      const [x, y] = [(i % perRow) * (width + GAP), top + Math.floor(i / perRow) * (height + captions + GAP)];
      return `<g transform="translate(${x} ${y})">${tileSvg(tile, width, height, muted)}</g>`;
    });
    const key = entries.map(
      ({ name, colour, x, row }) =>
        `<g transform="translate(${x} ${total[1] - below + 8 + 18 * row})"><rect width="12" height="12" y="1" rx="2" fill="${colour}"/><text x="17" y="11" font-size="11" fill="${muted}">${escapeMarkup(name)}</text></g>`,
    );
    const heading =
      this.title === undefined
        ? ""
        : `<text y="15" font-size="14" font-weight="700" fill="${ink}">${escapeMarkup(this.title)}</text>`;
    const [w, h] = [total[0] + 16, total[1] + 16];
    const ground = paper === "none" ? "" : `<rect width="${w}" height="${h}" fill="${paper}"/>`;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${FONT_FAMILY}">${ground}<g transform="translate(8 8)">${heading}${drawn.join("")}${key.join("")}</g></svg>`;
  }

  override lines(columns: number): string[] {
    const { tiles, perRow } = this.#parts;
    const sheet = { tiles: tiles.map(({ raster }) => raster), perRow, caption: "" };
    const lines = blockLines(sheet, { columns, depth: 1 });
    return [...(this.title === undefined ? [] : [this.title]), ...lines, this.#parts.summary];
  }

  /** The pixels alone, without captions and boxes, for terminals in colour. */
  blocks(columns: number, depth: 1 | 8 | 24): string[] {
    const { tiles, perRow } = this.#parts;
    return blockLines({ tiles: tiles.map(({ raster }) => raster), perRow, caption: "" }, { columns, depth });
  }

  override summary(): string {
    return `Picture ${this.title === undefined ? "" : `"${this.title}" `}(${this.#parts.summary})`;
  }
}

function tileSvg({ raster, caption, colour, boxes = [] }: Tile, width: number, height: number, muted: string): string {
  // Few pixels are seen as squares; not every renderer enlarges without smoothing, so the squares are in the file.
  const factor = raster.width <= FEW_PIXELS ? Math.max(1, Math.round((2 * width) / raster.width)) : 1;
  const shown = enlarge(raster, factor);
  const png = encode({ ...shown, data: shown.pixels, depth: 8 });
  const href = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  const image = `<image width="${width}" height="${height}" preserveAspectRatio="none" href="${href}"/>`;
  const scale = width / raster.width;
  const rects = boxes.map((box) => boxSvg(box, scale, width));
  const most = Math.max(3, Math.floor(width / CHARACTER));
  const short = caption !== undefined && caption.length > most ? `${caption.slice(0, most - 1)}…` : caption;
  const text =
    short === undefined
      ? ""
      : `<text x="${width / 2}" y="${height + 12}" font-size="11" text-anchor="middle" fill="${colour ?? muted}">${escapeMarkup(short)}</text>`;
  return `${image}${rects.join("")}${text}`;
}

function boxSvg({ left, top, right, bottom, label, colour, dashed }: TileBox, scale: number, width: number): string {
  const [x, y, w, h] = [left * scale, top * scale, (right - left) * scale, (bottom - top) * scale].map(
    (v) => +v.toFixed(2),
  ) as [number, number, number, number];
  const rect = `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="${colour}" stroke-width="2"${dashed ? ' stroke-dasharray="4 3"' : ""}/>`;
  if (label === undefined) return rect;
  const wide = label.length * CHARACTER + 6;
  // The label stands above the box, or inside where there is no room above; it never leaves the tile on the right.
  const at = Math.max(0, Math.min(x, width - wide));
  const line = y >= 14 ? y - 14 : y;
  return `${rect}<rect x="${at}" y="${line}" width="${wide}" height="14" fill="${colour}"/><text x="${at + 3}" y="${line + 10.5}" font-size="10.5" fill="#ffffff">${escapeMarkup(label)}</text>`;
}

/** Places of the legend's entries, broken into rows of at most `width`. */
function legendEntries(legend: readonly { readonly name: string; readonly colour: string }[], width: number) {
  let [x, row] = [0, 0];
  return legend.map(({ name, colour }) => {
    const wide = 17 + (name.length + 2) * CHARACTER;
    if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
    const entry = { name, colour, x, row };
    x += wide;
    return entry;
  });
}
