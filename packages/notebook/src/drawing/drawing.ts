/**
 * `Drawing`: what charts, pictures and graphs have in common. It knows how to become SVG and text; files, PNG and the MIME
 * bundle of Jupyter kernels follow from these.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { checkOptions, OptionError } from "@prewitt/core";
import { Displayable, type MimeBundle } from "./displayable.ts";
import { rasterise } from "./rasterise.ts";
import type { Theme } from "./theme.ts";

export interface DrawingOptions {
  /** Colours for a light page (default), a dark one, or one that switches ("page": CSS variables). */
  readonly theme?: Theme | undefined;
}

export interface PngOptions extends DrawingOptions {
  /** Pixels for each unit of the drawing (default 2). */
  readonly scale?: number | undefined;
}

export abstract class Drawing extends Displayable {
  readonly title: string | undefined;

  constructor(title: string | undefined) {
    super();
    this.title = title;
  }

  /** The drawing as an SVG document. */
  abstract svg(options?: DrawingOptions): Promise<string>;

  /** One line that says what is drawn. */
  abstract summary(): string;

  /** The bytes of a PNG file. Throws `OptionError` for a scale that is not positive. */
  async png(options: PngOptions = {}): Promise<Uint8Array> {
    checkOptions("png", options, ["theme", "scale"]);
    const { theme = "light", scale = 2 } = options;
    if (!(scale > 0 && Number.isFinite(scale))) {
      throw new OptionError({ op: "png", summary: `scale ${scale} is not possible`, fix: "pass scale: 2" });
    }
    return rasterise(await this.svg({ theme }), scale);
  }

  /**
   * Writes the drawing to a file, making its folder, and gives the path back. The ending decides: .svg or .png.
   *
   * Throws `OptionError` for other endings.
   *
   * @example await charts.line(losses).save("runs/mnist/loss.png");
   */
  async save(path: string, options: PngOptions = {}): Promise<string> {
    const ending = extname(path).toLowerCase();
    const content = await this.encoded(ending, options);
    if (content === undefined) {
      throw new OptionError({
        op: "save",
        summary: `cannot draw into "${path}": the ending ${ending || "(none)"} is unknown`,
        fix: `write ${path.slice(0, path.length - ending.length)}.png or .svg`,
      });
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** The content of a file with this ending; `undefined` for an unknown one. */
  protected async encoded(ending: string, options: PngOptions): Promise<string | Uint8Array | undefined> {
    if (ending === ".svg") return this.svg({ theme: options.theme });
    if (ending === ".png") return this.png(options);
    return undefined;
  }

  override async mimeBundle(): Promise<MimeBundle> {
    return { "image/svg+xml": await this.svg(), "text/plain": this.lines(100).join("\n") };
  }

  override toString(): string {
    return this.summary();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.summary();
  }
}
