/**
 * `GraphPicture`: boxes and arrows as SVG, with shape, FLOPs, bytes and source line on hover; also as Mermaid and DOT.
 */

import { Drawing, type DrawingOptions } from "../drawing/drawing.ts";
import { escapeMarkup } from "../drawing/escape.ts";
import { FONT_FAMILY } from "../drawing/rasterise.ts";
import { type Colours, coloursOf, SERIES } from "../drawing/theme.ts";
import { type Box, type Frame, framesOf } from "./collapse.ts";
import type { Phase } from "./items.ts";
import { type Layout, layoutOf, type Place, type Size } from "./layout.ts";
import { dotText, flopText, hoverText, mermaidText, nameOf, textLines } from "./texts.ts";

const TITLE = 28;
const LEGEND = 22;
const HEIGHT = 36;
/** Width of a character at font sizes 11 and 12, on average. */
const CHARACTER = 6.4;

const COLOURS: Readonly<Record<Phase, string>> = {
  input: "#7d8590",
  forward: SERIES[0] as string,
  backward: SERIES[1] as string,
  update: SERIES[2] as string,
  kernel: SERIES[4] as string,
};

export interface GraphParts {
  readonly title?: string | undefined;
  readonly boxes: readonly Box[];
  /** Arrows lead to the right instead of down. */
  readonly right: boolean;
}

export class GraphPicture extends Drawing {
  readonly #boxes: readonly Box[];
  readonly #right: boolean;

  constructor({ title, boxes, right }: GraphParts) {
    super(title);
    this.#boxes = boxes;
    this.#right = right;
  }

  /** The graph as a Mermaid flowchart. */
  mermaid(): string {
    return mermaidText(this.#boxes, this.#right);
  }

  /** The graph in the language of Graphviz. */
  dot(): string {
    return dotText(this.#boxes, this.#right);
  }

  override async svg({ theme = "light" }: DrawingOptions = {}): Promise<string> {
    const boxes = this.#boxes;
    const colours = coloursOf(theme);
    const frames = framesOf(boxes);
    const framed = new Set(frames.flatMap((frame) => frame.boxes));
    const texts = boxes.map((box, b) => boxTexts(box, framed.has(b)));
    const sizes = texts.map(sizeOfTexts);
    const layout = await layoutOf(boxes, frames, sizes, this.#right);
    const phases = [...new Set(boxes.map(({ phase }) => phase))].filter((phase) => phase !== "input");
    const legend = phases.length > 1 ? LEGEND : 0;
    const top = (this.title === undefined ? 0 : TITLE) + legend;
    const width = Math.max(layout.width, 7.5 * (this.title?.length ?? 0), legend > 0 ? 280 : 0) + 16;
    const height = layout.height + top + 12;
    const heading =
      this.title === undefined
        ? ""
        : `<text y="15" font-size="14" font-weight="700" fill="${colours.ink}">${escapeMarkup(this.title)}</text>`;
    const key = phases.map(
      (phase, i) =>
        `<g transform="translate(${90 * i} ${top - LEGEND})"><rect width="12" height="12" rx="2" fill="${COLOURS[phase]}"/><text x="17" y="10.5" font-size="11" fill="${colours.muted}">${phase}</text></g>`,
    );
    const ground = theme === "page" ? "" : `<rect width="100%" height="100%" fill="${colours.paper}"/>`;
    const body = [
      ...layout.frames.map((place) => frameSvg(place, colours)),
      ...layout.arrows.map((arrow) => arrowSvg(arrow, colours)),
      ...layout.frames.map((place, f) => headingSvg(frames[f] as Frame, place, colours)),
      ...boxes.map((box, b) => boxSvg(box, texts[b] as Texts, layout.boxes[b] as Place, colours)),
    ];
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${ceil(width)}" height="${ceil(height)}" viewBox="0 0 ${ceil(width)} ${ceil(height)}" font-family="${FONT_FAMILY}">${ground}<g transform="translate(8 8)">${heading}${legend > 0 ? key.join("") : ""}<g transform="translate(0 ${top})">${body.join("")}</g></g></svg>`;
  }

  override lines(): string[] {
    return [...(this.title === undefined ? [] : [this.title]), ...textLines(this.#boxes)];
  }

  override summary(): string {
    const arrows = this.#boxes.reduce((sum, { inputs }) => sum + inputs.length, 0);
    const flops = this.#boxes.reduce((sum, { items }) => sum + items.reduce((s, item) => s + item.flops, 0), 0);
    const about = `${this.#boxes.length} boxes, ${arrows} arrows${flops > 0 ? `, ${flopText(flops)}` : ""}`;
    return `Graph ${this.title === undefined ? "" : `"${this.title}" `}(${about})`;
  }
}

interface Texts {
  readonly name: string;
  readonly type: string;
  readonly below: string;
}

function boxTexts(box: Box, framed: boolean): Texts {
  return {
    name: nameOf(box, framed),
    type: box.type,
    below: box.shape.length > 44 ? `${box.shape.slice(0, 43)}…` : box.shape,
  };
}

function sizeOfTexts({ name, type, below }: Texts): Size {
  const first = CHARACTER * 1.15 * name.length + (type === "" ? 0 : CHARACTER * (type.length + 1.5));
  return { width: Math.max(64, first, CHARACTER * 0.95 * below.length) + 18, height: HEIGHT };
}

function boxSvg(
  box: Box,
  { name, type, below }: Texts,
  { x, y, width, height }: Place,
  { ink, muted, paper }: Colours,
): string {
  const colour = COLOURS[box.phase];
  const ground = paper === "none" ? "var(--prewitt-paper, #ffffff)" : paper;
  const [left, top] = [r(x - width / 2), r(y - height / 2)];
  const frame = `x="${left}" y="${top}" width="${r(width)}" height="${height}" rx="5"`;
  const kind = type === "" ? "" : `<tspan dx="6" font-weight="400" fill="${muted}">${escapeMarkup(type)}</tspan>`;
  return [
    `<g><title>${escapeMarkup(hoverText(box))}</title>`,
    `<rect ${frame} fill="${ground}"/><rect ${frame} fill="${colour}" fill-opacity="0.12" stroke="${colour}" stroke-opacity="0.75"/>`,
    `<text x="${r(x)}" y="${r(top + 15)}" font-size="12" font-weight="600" text-anchor="middle" fill="${ink}">${escapeMarkup(name)}${kind}</text>`,
    `<text x="${r(x)}" y="${r(top + 29)}" font-size="11" text-anchor="middle" fill="${muted}">${escapeMarkup(below)}</text></g>`,
  ].join("");
}

function frameSvg({ x, y, width, height }: Place, { line }: Colours): string {
  const [left, top] = [r(x - width / 2), r(y - height / 2)];
  return `<rect x="${left}" y="${top}" width="${r(width)}" height="${r(height)}" rx="7" fill="none" stroke="${line}"/>`;
}

/** Path and class of a frame, above the arrows that cross it. */
function headingSvg({ path, type }: Frame, { x, y, width, height }: Place, { muted, paper }: Colours): string {
  const ground = paper === "none" ? "var(--prewitt-paper, #ffffff)" : paper;
  const text = `x="${r(x - width / 2 + 7)}" y="${r(y - height / 2 + 12)}" font-size="11" fill="${muted}"`;
  const halo = `stroke="${ground}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`;
  return `<text ${text} ${halo}>${escapeMarkup([path, type].filter(Boolean).join("  "))}</text>`;
}

/** A smooth line through the points, and its head. */
function arrowSvg({ points }: Layout["arrows"][number], { muted }: Colours): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return "";
  let path = `M${r(first.x)} ${r(first.y)}`;
  rest.slice(0, -1).forEach((point, i) => {
    const next = rest[i + 1] as { x: number; y: number };
    const end = i === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += `Q${r(point.x)} ${r(point.y)} ${r(end.x)} ${r(end.y)}`;
  });
  if (rest.length === 1) path += `L${r(last.x)} ${r(last.y)}`;
  const before = rest.at(-2) ?? first;
  const angle = (Math.atan2(last.y - before.y, last.x - before.x) * 180) / Math.PI;
  const head = `<path d="M0 0L-7 -3.2L-7 3.2Z" fill="${muted}" transform="translate(${r(last.x)} ${r(last.y)}) rotate(${r(angle)})"/>`;
  return `<path d="${path}" fill="none" stroke="${muted}" stroke-opacity="0.7"/>${head}`;
}

const r = (v: number): number => Math.round(v * 10) / 10;
const ceil = Math.ceil;
