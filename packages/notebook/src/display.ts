/**
 * `display`: shows a value as a reader wants to see it.
 *
 * Tensors with rows and columns are pictures: blocks of colour on a terminal, a PNG file and its path in a pipe. Small
 * tensors are numbers, others a summary, records are shown field by field, and everything else as text.
 */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { inspect, stripVTControlCharacters } from "node:util";
import {
  checkOptions,
  isTensor,
  OptionError,
  type Shape,
  type Tensor,
  type TypedArray,
  tensor,
  Variable,
} from "@prewitt/core";
import type { History } from "@prewitt/nn";
import { blockLines } from "./blocks.ts";
import { history } from "./charts/history.ts";
import { Displayable, JUPYTER, type MimeBundle } from "./drawing/displayable.ts";
import { Drawing } from "./drawing/drawing.ts";
import { above } from "./live-line.ts";
import { numberLines } from "./numbers.ts";
import { Picture } from "./pictures/picture.ts";
import { encodePng } from "./png.ts";
import { isPictorial, type Sheet, sheetOf } from "./raster.ts";
import { isReported, report, runningLine } from "./report/events.ts";
import { bundleHtml } from "./report/outputs.ts";
import { colourDepthOf, columnsOf, isTerminal, type Output } from "./terminal.ts";

/** Ways to show a tensor. "picture" is blocks on a terminal and a file in a pipe, "blocks" is text in both. */
export type DisplayForm = "picture" | "blocks" | "file" | "numbers" | "text";

export interface DisplayOptions {
  /** Shown above, and part of a file's name. */
  readonly title?: string | undefined;
  /** Default: "numbers" for small tensors, "picture" for images, "text" for the rest. */
  readonly as?: DisplayForm | undefined;
  /** Values shown as black and white; default: 0 and 255 for uint8, the extremes for others. */
  readonly range?: readonly [black: number, white: number] | undefined;
  /** Pixels per value on a terminal; default 1, more for very small pictures. */
  readonly scale?: number | undefined;
  /** Default: stdout. */
  readonly out?: Output | undefined;
}

const forms: readonly DisplayForm[] = ["picture", "blocks", "file", "numbers", "text"];
/** Tensors of rank 2 with at most this many elements are numbers, of higher rank with at most 16. */
const FEW = 256;
const FEWER = 16;
/** Least extent of a matrix that is taken for a picture. */
const LEAST = 8;

/**
 * Shows `x`: a chart or picture, the history of a training as its curves, a tensor, an array with a shape { data, shape }, a record of those, or any other value.
 *
 *     [H, W]  [1 | 3, H, W]  [C, H, W]  [N, C, H, W]        pictures, side by side
 *
 * Throws `OptionError` for unknown options and for tensors that cannot be shown the way that `as` asks for.
 *
 * @example
 * await display(mnist("test").batch([0, 1, 2, 3]).image);
 * await display(model.parameters()["features.0.weight"], { title: "the first filters" });
 */
export async function display(x: unknown, options: DisplayOptions = {}): Promise<void> {
  checkOptions("display", options, ["title", "as", "range", "scale", "out"]);
  checkForm(options);
  if (isHistory(x)) return display(history(x, { title: options.title }), { ...options, title: undefined });
  if (options.out === undefined && isReported()) {
    const line = runningLine();
    const bundle = await bundleOf(x, options);
    report({ type: "display", line, title: titleFor(x, options), bundle });
    tell(bundle, options.title);
    return;
  }
  const out = options.out ?? process.stdout;
  const { title } = options;
  if (x instanceof Displayable) {
    const heading = title === undefined || x instanceof Drawing ? "" : `${title}\n`;
    const lines = x instanceof Drawing ? await drawingLines(x, options, out) : x.lines(columnsOf(out));
    out.write(`${heading}${lines.join("\n")}\n`);
    return;
  }
  const value = asTensor(x);
  if (value === undefined && isRecord(x)) {
    if (title !== undefined) out.write(`${title}\n`);
    for (const [name, field] of Object.entries(x)) await display(field, { ...options, title: name });
    return;
  }
  const lines = value === undefined ? [textOf(x)] : await tensorLines(value, options, out);
  if (title === undefined) out.write(`${lines.join("\n")}\n`);
  else if (lines.length === 1 && !lines[0]?.includes("\n")) out.write(`${title}: ${lines[0]}\n`);
  else out.write(`${title}\n${lines.join("\n")}\n`);
}

/** One line on stderr for what went into the report, so that the terminal says how far the notebook is. */
function tell(bundle: MimeBundle, title: string | undefined): void {
  const text = stripVTControlCharacters(String(bundle["text/plain"] ?? ""));
  const [first = "", ...more] = text.split("\n").filter((line) => line.trim() !== "");
  const about = title ?? (first.trim() || "something");
  const rest = title === undefined && more.length > 0 ? " …" : "";
  const columns = columnsOf(process.stderr) - 1;
  const line = `in the report: ${about}${rest}`;
  above(process.stderr, () =>
    process.stderr.write(`${line.length > columns ? `${line.slice(0, columns - 1)}…` : line}\n`),
  );
}

/** A drawing has its title inside. */
function titleFor(x: unknown, { title }: DisplayOptions): string | undefined {
  return x instanceof Drawing && title === x.title ? undefined : title;
}

/** The value as a report shows it; other values that Jupyter kernels can show are shown as these show them. */
async function bundleOf(x: unknown, options: DisplayOptions): Promise<MimeBundle> {
  if (x instanceof Drawing) {
    return { "image/svg+xml": await x.svg({ theme: "page" }), "text/plain": x.summary() };
  }
  const show = (x as Partial<Record<typeof JUPYTER, () => unknown>> | null | undefined)?.[JUPYTER];
  if (typeof show === "function") return (await show.call(x)) as MimeBundle;
  const value = asTensor(x);
  if (value === undefined && isRecord(x)) {
    const fields = Object.entries(x).map(async ([name, field]) => bundleHtml(await bundleOf(field, options), name));
    return { "text/html": (await Promise.all(fields)).join("") };
  }
  if (value === undefined) return { "text/plain": textOf(x) };
  const form = options.as ?? formOf(value);
  if (form === "text") return { "text/plain": await value.summary() };
  const data = await value.data();
  if (form === "numbers") return { "text/plain": numberLines(value.shape, data, value.dtype).join("\n") };
  const { tiles, perRow = Math.ceil(Math.sqrt(tiles.length * 2)), caption } = sheetOf(value, data, options);
  const width = Math.max(20, Math.min(256, Math.floor(640 / perRow)));
  const picture = new Picture({ tiles: tiles.map((raster) => ({ raster })), perRow, width, summary: caption });
  return bundleOf(picture, options);
}

function checkForm({ as, scale }: DisplayOptions): void {
  if (as !== undefined && !forms.includes(as)) {
    throw new OptionError({
      op: "display",
      summary: `as "${String(as)}" is unknown`,
      fix: `pass one of ${forms.join(", ")}`,
    });
  }
  if (scale !== undefined && !(Number.isInteger(scale) && scale >= 1)) {
    throw new OptionError({
      op: "display",
      summary: `scale ${scale} is not possible`,
      fix: "pass an integer of 1 or more",
    });
  }
}

function asTensor(x: unknown): Tensor | undefined {
  if (isTensor(x)) return x;
  if (x instanceof Variable) return x.read();
  const { data, shape } = (x ?? {}) as { data?: unknown; shape?: unknown };
  if (!ArrayBuffer.isView(data) || !Array.isArray(shape)) return undefined;
  return tensor(data as TypedArray, { shape: shape as Shape });
}

/** What `nn.fit` gives back. */
function isHistory(x: unknown): x is History {
  const { losses, epochs } = (x ?? {}) as Partial<History>;
  return Array.isArray(losses) && losses.length > 0 && Array.isArray(epochs);
}

/** A plain object with a tensor or an array with a shape among its fields. */
function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null || Object.getPrototypeOf(x) !== Object.prototype) return false;
  return Object.values(x).some(
    (field) =>
      isTensor(field) ||
      field instanceof Variable ||
      (ArrayBuffer.isView((field as { data?: unknown })?.data) && "shape" in (field as object)),
  );
}

function textOf(x: unknown): string {
  return typeof x === "string" ? x : inspect(x, { depth: 4 });
}

function formOf(x: Tensor): DisplayForm {
  const small = x.rank <= 2 ? x.size <= FEW : x.size <= FEWER;
  if (small) return "numbers";
  const [height, width] = x.shape.slice(-2) as [number, number];
  const picture = isPictorial(x.shape) && x.dtype !== "int32" && (x.rank > 2 || Math.min(height, width) >= LEAST);
  return picture ? "picture" : "text";
}

async function tensorLines(x: Tensor, options: DisplayOptions, out: Output): Promise<string[]> {
  const form = options.as ?? formOf(x);
  if (form === "text") return [await x.summary()];
  const data = await x.data();
  if (form === "numbers") return numberLines(x.shape, data, x.dtype);
  const sheet = sheetOf(x, data, options);
  if (form === "file" || (form === "picture" && !isTerminal(out))) return [saveSheet(sheet, options.title)];
  const { scale } = options;
  return [...blockLines(sheet, { columns: columnsOf(out), depth: colourDepthOf(out), scale }), sheet.caption];
}

/** Text on a terminal, in colour where it has some; a file and its path in a pipe. */
async function drawingLines(x: Drawing, { as, title = x.title }: DisplayOptions, out: Output): Promise<string[]> {
  if (as === "text") return [x.summary()];
  if (as === "file" || (as !== "blocks" && !isTerminal(out))) {
    return [`${title === undefined ? "" : `${title}: `}${saveBytes(await x.png(), title)} (${x.summary()})`];
  }
  if (!(x instanceof Picture) || !isTerminal(out)) return x.lines(columnsOf(out));
  const heading = title === undefined ? [] : [title];
  return [...heading, ...x.blocks(columnsOf(out), colourDepthOf(out)), x.summary()];
}

/** Writes the sheet to a new file and says where and what it is. */
function saveSheet(sheet: Sheet, title: string | undefined): string {
  return `${saveBytes(encodePng(sheet), title)} (${sheet.caption})`;
}

/** Writes a PNG to a new file of this run, under `runs/display/<start of the process>/`; gives its path. */
function saveBytes(bytes: Uint8Array, title: string | undefined): string {
  const started = new Date(performance.timeOrigin).toISOString().slice(0, 19).replaceAll(":", "-");
  const folder = join("runs", "display", `${started}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const script = basename(process.argv[1] ?? "picture").replace(/\.[cm]?[jt]s$/, "");
  const name = (title ?? script)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, 60);
  for (let i = readdirSync(folder).length + 1; ; i++) {
    const file = join(folder, `${String(i).padStart(3, "0")}-${name}.png`);
    try {
      writeFileSync(file, bytes, { flag: "wx" });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
