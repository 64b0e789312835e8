/**
 * The one line of a terminal that is redrawn in place.
 *
 * It belongs to the stream: what is live on it is kept in a property of the stream itself, so that `log` can print above
 * the line of any bar. Bars may be nested; the innermost has the line.
 */

import { isTerminal, type Output } from "./terminal.ts";

/** Something that draws itself on the live line. */
export interface LiveText {
  /** The text to show now, without a newline, at most as wide as the terminal. */
  render(): string;
}

const key: unique symbol = Symbol.for("prewitt.liveLine");

interface LiveOutput extends Output {
  [key]?: LiveText[];
}

const CLEAR = "\r\u001b[2K";

function stackOf(out: Output): LiveText[] {
  const live = out as LiveOutput;
  live[key] ??= [];
  return live[key];
}

/** Makes `text` the innermost live text. */
export function enter(out: Output, text: LiveText): void {
  stackOf(out).push(text);
}

/** Draws `text` if it is the innermost one. */
export function draw(out: Output, text: LiveText): void {
  if (stackOf(out).at(-1) === text) out.write(CLEAR + text.render());
}

/** Takes `text` off the line and leaves `last` there as an ordinary line. */
export function leave(out: Output, text: LiveText, last: string): void {
  const stack = stackOf(out);
  const at = stack.lastIndexOf(text);
  if (at < 0) return;
  stack.splice(at, 1);
  out.write(`${CLEAR}${last}\n`);
  const next = stack.at(-1);
  if (next !== undefined) out.write(next.render());
}

/** Runs `print` with the live line out of the way. */
export function above(out: Output, print: () => void): void {
  const top = isTerminal(out) ? stackOf(out).at(-1) : undefined;
  if (top !== undefined) out.write(CLEAR);
  print();
  if (top !== undefined) out.write(top.render());
}

/**
 * Prints like `console.log`, above a progress bar where one is shown.
 *
 * @example log("epoch", epoch, "accuracy", accuracy);
 */
export function log(...values: readonly unknown[]): void {
  above(process.stderr, () => console.log(...values));
}
