/**
 * HTML, Markdown and tables as values that `display` shows: as such in a report, as text on a terminal.
 */

import { OptionError } from "@prewitt/core";
import { Displayable, type MimeBundle } from "./drawing/displayable.ts";
import { escapeMarkup } from "./drawing/escape.ts";
import { formatMetric } from "./units.ts";

/** HTML for reports; a terminal shows `text`. */
export class Html extends Displayable {
  readonly html: string;
  readonly text: string;

  constructor(
    html: string,
    text = html
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
  ) {
    super();
    this.html = html;
    this.text = text;
  }

  override lines(): string[] {
    return this.text.split("\n");
  }

  override async mimeBundle(): Promise<MimeBundle> {
    return { "text/html": this.html, "text/plain": this.text };
  }
}

/** Markdown for reports; a terminal shows it as it is written. */
export class Markdown extends Displayable {
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  override lines(): string[] {
    return this.text.split("\n");
  }

  override async mimeBundle(): Promise<MimeBundle> {
    return { "text/markdown": this.text, "text/plain": this.text };
  }
}

export type Cell = string | number | boolean;

/** Rows of named cells; numbers at four significant digits. */
export class Table extends Displayable {
  readonly rows: readonly Readonly<Record<string, Cell>>[];

  constructor(rows: readonly Readonly<Record<string, Cell>>[]) {
    super();
    if (!Array.isArray(rows) || rows.some((row) => typeof row !== "object" || row === null)) {
      throw new OptionError({ op: "table", summary: "a table is a list of records", fix: "table([{ name: 1 }])" });
    }
    this.rows = rows;
  }

  get columns(): readonly string[] {
    return [...new Set(this.rows.flatMap((row) => Object.keys(row)))];
  }

  override lines(): string[] {
    const { columns } = this;
    const texts = [columns, ...this.rows.map((row) => columns.map((column) => cellText(row[column])))];
    const widths = columns.map((_, c) => Math.max(...texts.map((row) => [...(row[c] as string)].length)));
    return texts.map((row, r) =>
      row
        .map((text, c) => {
          const right = r > 0 && typeof this.rows[r - 1]?.[columns[c] as string] === "number";
          return right ? text.padStart(widths[c] as number) : text.padEnd(widths[c] as number);
        })
        .join("  ")
        .trimEnd(),
    );
  }

  override async mimeBundle(): Promise<MimeBundle> {
    const { columns } = this;
    const tag = (name: string, text: string, number: boolean): string =>
      `<${name}${number ? ' class="number"' : ""}>${escapeMarkup(text)}</${name}>`;
    const numeric = columns.map((column) => this.rows.every((row) => typeof (row[column] ?? 0) === "number"));
    const head = columns.map((column, c) => tag("th", column, numeric[c] as boolean));
    const body = this.rows.map((row) =>
      columns.map((column) => tag("td", cellText(row[column]), typeof row[column] === "number")).join(""),
    );
    const html = `<table><tr>${head.join("")}</tr>${body.map((row) => `<tr>${row}</tr>`).join("")}</table>`;
    return { "text/html": html, "text/plain": this.lines().join("\n") };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.lines().join("\n");
  }
}

function cellText(cell: Cell | undefined): string {
  return typeof cell === "number" ? formatMetric(cell) : String(cell ?? "");
}

/** @example await display(html("<b>bold</b>")); */
export function html(text: string, plain?: string): Html {
  return new Html(text, plain);
}

/** @example await display(markdown("## Results")); */
export function markdown(text: string): Markdown {
  return new Markdown(text);
}

/** @example await display(table([{ layer: "conv1", parameters: 320 }])); */
export function table(rows: readonly Readonly<Record<string, Cell>>[]): Table {
  return new Table(rows);
}
