/**
 * Schedules: hyper-parameters as functions of the step number, which counts from 0. Any hyper-parameter of an optimiser may
 * be one. They hold no state, so a resumed run needs the step number only; `plateauSchedule`, which has state, keeps it in
 * variables that the optimiser's `stateDict` includes.
 *
 *     new SGD(model.parameters(), { learningRate: cosineSchedule({ start: 0.1, steps: 10_000 }), momentum: 0.9 });
 */

import { checkOptions, locate, OptionError, type Variable } from "@prewitt/core";

/** The value of each step. */
export interface Schedule {
  (step: number): number;
  /** What it remembers, by name; absent where the step number is all. */
  readonly state?: Readonly<Record<string, Variable>> | undefined;
}

export function demandSteps(op: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw locate(
    new OptionError({
      op,
      summary: `${name} must be a positive integer, got ${String(value)}`,
      fix: `write ${name}: 1000`,
    }),
  );
}

/** The same value for ever. */
export function constantSchedule(rate: number): Schedule {
  return () => rate;
}

export interface StepScheduleOptions {
  readonly start: number;
  /** Steps between drops, or the steps at which the rate drops, rising. */
  readonly every: number | readonly number[];
  /** Factor of each drop. Default 0.1. */
  readonly factor?: number | undefined;
}

/**
 * start · factorᵏ, where k drops lie at or before the step. Throws `OptionError` for steps that are no positive integers.
 *
 * @example stepSchedule({ start: 0.1, every: [3000, 6000] })
 */
export function stepSchedule(options: StepScheduleOptions): Schedule {
  checkOptions("stepSchedule", options, ["start", "every", "factor"]);
  const { start, every, factor = 0.1 } = options;
  const listed = typeof every === "object";
  for (const at of listed ? every : [every]) demandSteps("stepSchedule", "every", at);
  const drops = (step: number): number => (listed ? every.filter((at) => at <= step).length : Math.floor(step / every));
  return (step) => start * factor ** drops(step);
}

export interface CosineScheduleOptions {
  readonly start: number;
  /** Length of the descent in steps; the rate stays at `end` afterwards. */
  readonly steps: number;
  /** Default 0. */
  readonly end?: number | undefined;
}

/**
 * Half a cosine from `start` to `end` (I. Loshchilov, F. Hutter, "SGDR", ICLR 2017, without restarts).
 *
 * @example cosineSchedule({ start: 0.1, steps: 10_000 })
 */
export function cosineSchedule(options: CosineScheduleOptions): Schedule {
  checkOptions("cosineSchedule", options, ["start", "steps", "end"]);
  const { start, end = 0 } = options;
  const steps = demandSteps("cosineSchedule", "steps", options.steps);
  return (step) => end + (start - end) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / steps)));
}

export interface WarmupOptions {
  /** Length of the rise in steps. */
  readonly steps: number;
  /** Share of the rate at step 0. Default 1 / steps, so that no step is lost to a rate of 0. */
  readonly from?: number | undefined;
}

/**
 * A straight rise to the first rate of `schedule`, which begins after it.
 *
 * @example warmup(cosineSchedule({ start: 0.1, steps: 9_500 }), { steps: 500 })
 */
export function warmup(schedule: Schedule, options: WarmupOptions): Schedule {
  checkOptions("warmup", options, ["steps", "from"]);
  const steps = demandSteps("warmup", "steps", options.steps);
  const { from = 1 / steps } = options;
  const value = (step: number): number =>
    step >= steps ? schedule(step - steps) : schedule(0) * (from + ((1 - from) * step) / steps);
  return schedule.state === undefined ? value : Object.assign(value, { state: schedule.state });
}
