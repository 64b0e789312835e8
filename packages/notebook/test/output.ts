/** Streams that remember what was written to them. */

import type { Output } from "@prewitt/notebook";

export class Pipe implements Output {
  text = "";
  write(text: string): void {
    this.text += text;
  }
  /** What was written, line by line. */
  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }
}

export class Terminal extends Pipe {
  readonly isTTY = true;
  columns: number;
  readonly #depth: number;

  constructor(columns = 80, depth = 24) {
    super();
    this.columns = columns;
    this.#depth = depth;
  }
  getColorDepth(): number {
    return this.#depth;
  }

  /** The texts that were drawn on the live line, one after the other, without colours. */
  get drawn(): string[] {
    return this.text.split("\r\u001b[2K").slice(1).map(plain);
  }

  /** What the screen shows in the end: escapes carried out, colours left out. */
  get screen(): string[] {
    return this.text.split("\n").map((line) => plain(line.split("\r\u001b[2K").at(-1) as string));
  }
}

/** Without colours. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
  return text.replace(/\u001b\[[\d;]*m/g, "");
}
