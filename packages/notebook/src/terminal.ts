/**
 * What a stream can show: whether it is a terminal, how wide it is, which colours it has.
 *
 * `NO_COLOR` (any value but the empty one) turns colours off, `TERM=dumb` makes a terminal count as a pipe.
 */

/** The part of `process.stdout` and `process.stderr` that is used here. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  getColorDepth?(): number;
}

/** Bits of colour: none, 256 colours, or 24 bits. */
export type ColourDepth = 1 | 8 | 24;

/** Where the width is not known: in pipes and files, where lines may be long. */
const DEFAULT_COLUMNS = 120;

/** Whether lines can be redrawn. */
export function isTerminal(out: Output): boolean {
  return out.isTTY === true && process.env.TERM !== "dumb";
}

export function columnsOf(out: Output): number {
  return out.columns !== undefined && out.columns > 0 ? out.columns : DEFAULT_COLUMNS;
}

export function colourDepthOf(out: Output): ColourDepth {
  const { NO_COLOR } = process.env;
  if (!isTerminal(out) || (NO_COLOR !== undefined && NO_COLOR !== "")) return 1;
  const depth = out.getColorDepth?.() ?? 1;
  if (depth >= 24) return 24;
  return depth >= 8 ? 8 : 1;
}
