/**
 * `Chart`: a Vega-Lite specification that can be drawn, saved, changed and shown as text.
 */

import type { MimeBundle } from "../drawing/displayable.ts";
import { Drawing, type DrawingOptions, type PngOptions } from "../drawing/drawing.ts";
import { type ChartSpec, renderSpec } from "./render.ts";

export interface ChartParts {
  readonly title?: string | undefined;
  readonly spec: ChartSpec;
  /** What is drawn, in words. */
  readonly summary: string;
  /** The chart as lines of text; default: the summary. */
  readonly lines?: ((columns: number) => string[]) | undefined;
}

export class Chart extends Drawing {
  /** The Vega-Lite specification, with its data. A changed copy is drawn by `new Chart({ spec, summary })`. */
  readonly spec: ChartSpec;
  readonly #summary: string;
  readonly #lines: ((columns: number) => string[]) | undefined;

  constructor({ title, spec, summary, lines }: ChartParts) {
    super(title);
    this.spec = spec;
    this.#summary = summary;
    this.#lines = lines;
  }

  override svg({ theme = "light" }: DrawingOptions = {}): Promise<string> {
    return renderSpec(this.spec, theme);
  }

  override lines(columns: number): string[] {
    const lines = this.#lines?.(columns) ?? [this.#summary];
    return this.title === undefined ? lines : [this.title, ...lines];
  }

  override summary(): string {
    return `Chart ${this.title === undefined ? "" : `"${this.title}" `}(${this.#summary})`;
  }

  /** The chart with another specification made from its own: `chart.with((spec) => ({ ...spec, width: 800 }))`. */
  with(change: (spec: ChartSpec) => ChartSpec): Chart {
    return new Chart({ title: this.title, spec: change(this.spec), summary: this.#summary, lines: this.#lines });
  }

  /** As for every drawing, and .json for the specification. */
  protected override async encoded(ending: string, options: PngOptions): Promise<string | Uint8Array | undefined> {
    return ending === ".json" ? `${JSON.stringify(this.spec, undefined, 2)}\n` : super.encoded(ending, options);
  }

  override async mimeBundle(): Promise<MimeBundle> {
    return { "application/vnd.vegalite.v6+json": this.spec, ...(await super.mimeBundle()) };
  }
}
