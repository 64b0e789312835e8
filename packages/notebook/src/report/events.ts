/**
 * The stream between a notebook that runs and its report: JSON lines in a file that the environment names. The notebook's
 * process appends, whoever makes the report reads; without the variable nothing is written.
 */

import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { MimeBundle } from "../drawing/displayable.ts";

/** File of the stream, and the notebook's own path, by which its lines are found in stacks. */
export const STREAM_VARIABLE = "PREWITT_REPORT_STREAM";
export const NOTEBOOK_VARIABLE = "PREWITT_REPORT_NOTEBOOK";

export type ReportEvent =
  /** Something was shown. */
  | {
      readonly type: "display";
      readonly line: number;
      readonly title?: string | undefined;
      readonly bundle: MimeBundle;
    }
  /** Text was printed. */
  | { readonly type: "text"; readonly line: number; readonly text: string }
  /** The notebook ended with an error. */
  | { readonly type: "error"; readonly line: number; readonly text: string }
  /** A run was started, see `startRun`. */
  | { readonly type: "run"; readonly line: number; readonly name: string; readonly id: string; readonly folder: string }
  /** The process ended. */
  | { readonly type: "end"; readonly seed: number; readonly environment: Readonly<Record<string, unknown>> };

/**
 * Whether a report is being made of this process: `display` then puts what it is given into the report.
 *
 * @example if (isReported()) await display(table(rows));
 */
export function isReported(): boolean {
  return process.env[STREAM_VARIABLE] !== undefined;
}

/**
 * Appends an event; nothing happens where no report is made. When the stream cannot be written, its reader was killed: the
 * notebook goes on without a report, as an error here would be reported again, and again.
 */
export function report(event: ReportEvent): void {
  const file = process.env[STREAM_VARIABLE];
  if (file === undefined) return;
  try {
    appendFileSync(file, `${JSON.stringify(event)}\n`);
  } catch {
    delete process.env[STREAM_VARIABLE];
  }
}

/** Frames that are looked through for the notebook's own. */
const FRAMES = 200;

/**
 * The notebook's line that is running: that of its outermost frame on the stack of this call, so that what a helper shows
 * belongs to the cell that calls it, wherever the helper stands. 0 where no frame is the notebook's.
 */
export function runningLine(): number {
  const notebook = process.env[NOTEBOOK_VARIABLE];
  if (notebook === undefined) return 0;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = limit;
  return linesIn(stack, notebook).at(-1) ?? 0;
}

/** The lines of the frames of `file` in a stack, innermost first. */
export function linesIn(stack: string, file: string): number[] {
  return stack.split("\n").flatMap((frame) => {
    const [, location, line] =
      /(?:\(|at (?:async )?)((?:file:\/\/)?\/?[^():]*(?:[^()]*)):(\d+):\d+\)?\s*$/.exec(frame) ?? [];
    if (location === undefined) return [];
    const path = location.startsWith("file://") ? fileURLToPath(location) : location;
    return path === file ? [Number(line)] : [];
  });
}
