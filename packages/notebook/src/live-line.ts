/**
 * The one line of a terminal that is redrawn in place.
 *
 * It belongs to the stream: what is live on it is kept in a property of the stream itself, so that `log` can print above
 * the line of any bar. Bars may be nested; the innermost has the line. While a line is live on the process's own stderr,
 * whatever else is written to its terminal (`console.log`, warnings) is printed above it too.
 */

import { isTerminal, type Output } from "./terminal.ts";

/** Something that draws itself on the live line. */
export interface LiveText {
  /** The text to show now, without a newline, at most as wide as the terminal. */
  render(): string;
  /** What it is and how far, in a few words, for the lines of texts inside of it. */
  brief(): string;
}

const key: unique symbol = Symbol.for("prewitt.liveLine");

interface Live {
  /** The innermost is last. */
  readonly texts: LiveText[];
  /** Something else is being printed. */
  printing: boolean;
  /** What else was printed last did not end its line. */
  partial: boolean;
  /** Gives the streams their own `write` back. */
  release?: (() => void) | undefined;
}

interface LiveOutput extends Output {
  [key]?: Live;
}

const CLEAR = "\r\u001b[2K";

function liveOn(out: Output): Live {
  const live = out as LiveOutput;
  live[key] ??= { texts: [], printing: false, partial: false };
  return live[key];
}

/** The live texts of a stream, the outermost first. */
export function liveTexts(out: Output): readonly LiveText[] {
  return liveOn(out).texts;
}

/** Makes `text` the innermost live text. */
export function enter(out: Output, text: LiveText): void {
  const live = liveOn(out);
  live.texts.push(text);
  if (out === process.stderr) live.release ??= guard(out);
}

/** Draws `text` if it is the innermost one. */
export function draw(out: Output, text: LiveText): void {
  if (liveOn(out).texts.at(-1) === text) put(out, CLEAR + text.render());
}

/** Takes `text` off the line and leaves `last` there as an ordinary line. */
export function leave(out: Output, text: LiveText, last: string): void {
  const live = liveOn(out);
  const at = live.texts.lastIndexOf(text);
  if (at < 0) return;
  live.texts.splice(at, 1);
  put(out, `${CLEAR}${last}\n`);
  const next = live.texts.at(-1);
  if (next === undefined) {
    live.release?.();
    live.release = undefined;
  } else put(out, next.render());
}

/** Runs `print` with the live line out of the way. */
export function above(out: Output, print: () => void): void {
  const live = liveOn(out);
  const top = isTerminal(out) && !live.printing ? live.texts.at(-1) : undefined;
  if (top === undefined) {
    print();
    return;
  }
  put(out, CLEAR);
  live.printing = true;
  try {
    print();
  } finally {
    live.printing = false;
  }
  if (!live.partial) put(out, top.render());
}

/** Writes past the guard; a line that was left unfinished is kept. */
function put(out: Output, text: string): void {
  const live = liveOn(out);
  const outer = live.printing;
  live.printing = true;
  out.write(live.partial ? `\n${text}` : text);
  live.partial = false;
  live.printing = outer;
}

/** Puts what is written to the terminal otherwise above the line; returns what ends that. */
function guard(out: Output): () => void {
  const live = liveOn(out);
  const streams = [process.stdout, process.stderr].filter((stream) => isTerminal(stream));
  const releases = streams.map((stream) => {
    const write = stream.write;
    const guarded = function (this: unknown, ...args: Parameters<typeof write>): boolean {
      if (live.texts.length === 0 || live.printing) return write.apply(stream, args);
      let done = true;
      above(out, () => {
        done = write.apply(stream, args);
        live.partial = !endsLine(args[0]);
      });
      return done;
    } as typeof write;
    stream.write = guarded;
    // A later patch by somebody else is left alone: the guard passes everything on once no line is live.
    return () => {
      if (stream.write === guarded) stream.write = write;
    };
  });
  return () => {
    for (const release of releases) release();
  };
}

function endsLine(chunk: unknown): boolean {
  if (typeof chunk === "string") return chunk.endsWith("\n");
  return chunk instanceof Uint8Array && chunk.at(-1) === 10;
}

/**
 * Prints like `console.log`, above a progress bar where one is shown, also where stdout is not the bar's terminal.
 *
 * @example log("epoch", epoch, "accuracy", accuracy);
 */
export function log(...values: readonly unknown[]): void {
  above(process.stderr, () => console.log(...values));
}
