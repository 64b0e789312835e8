/**
 * One cycle (L. Smith, N. Topin, "Super-convergence", 2018) in PyTorch's form: up from `start` to `peak`, then down to `end`,
 * along half cosines or lines. The rise takes `rise · steps − 1` steps, the last step has `end`.
 */

import { checkOptions, locate, OptionError } from "@prewitt/core";
import { demandSteps, type Schedule } from "./schedules.ts";

export interface OneCycleOptions {
  /** The value after the rise. */
  readonly peak: number;
  /** Length of the cycle in steps; the value stays at `end` afterwards. */
  readonly steps: number;
  /** Share of the steps that the rise takes, from 0 to 1. Default 0.3. */
  readonly rise?: number | undefined;
  /** Default peak / 25. */
  readonly start?: number | undefined;
  /** Default start / 10⁴. */
  readonly end?: number | undefined;
  /** Default "cosine". */
  readonly shape?: "cosine" | "linear" | undefined;
}

function between(from: number, to: number, share: number, shape: "cosine" | "linear"): number {
  const t = Math.min(1, Math.max(0, share));
  return shape === "linear" ? from + (to - from) * t : to + ((from - to) / 2) * (1 + Math.cos(Math.PI * t));
}

/**
 * A rise and a long fall. Momentum goes the other way when `peak` is its low point. Throws `OptionError`.
 *
 * @example
 * new SGD(model.parameters(), {
 *   learningRate: oneCycleSchedule({ peak: 0.1, steps }),
 *   momentum: oneCycleSchedule({ start: 0.95, peak: 0.85, end: 0.95, steps }),
 * });
 */
export function oneCycleSchedule(options: OneCycleOptions): Schedule {
  checkOptions("oneCycleSchedule", options, ["peak", "steps", "rise", "start", "end", "shape"]);
  const { peak, rise = 0.3, shape = "cosine" } = options;
  const steps = demandSteps("oneCycleSchedule", "steps", options.steps);
  const start = options.start ?? peak / 25;
  const end = options.end ?? start / 1e4;
  if (!(rise >= 0 && rise <= 1) || (shape !== "cosine" && shape !== "linear")) {
    throw locate(
      new OptionError({
        op: "oneCycleSchedule",
        summary: 'rise must be a number from 0 to 1, shape "cosine" or "linear"',
        problems: [`rise is ${String(rise)}, shape is "${String(shape)}"`],
        fix: "write rise: 0.3",
      }),
    );
  }
  const [top, last] = [rise * steps - 1, steps - 1];
  return (step) =>
    step <= top
      ? between(start, peak, top === 0 ? 1 : step / top, shape)
      : between(peak, end, (step - top) / (last - top), shape);
}
