/** Schedules that fall, or rise, along one curve: a line, a power, a geometric series. */

import { checkOptions } from "@prewitt/core";
import { demandSteps, type Schedule } from "./schedules.ts";

export interface LinearScheduleOptions {
  readonly start: number;
  /** Default 0. */
  readonly end?: number | undefined;
  /** Length in steps; the value stays at `end` afterwards. */
  readonly steps: number;
}

/**
 * A straight line from `start` to `end`.
 *
 * @example linearSchedule({ start: 0.1, steps: 10_000 })
 */
export function linearSchedule(options: LinearScheduleOptions): Schedule {
  checkOptions("linearSchedule", options, ["start", "end", "steps"]);
  const { start, end = 0 } = options;
  const steps = demandSteps("linearSchedule", "steps", options.steps);
  return (step) => start + (end - start) * Math.min(1, step / steps);
}

export interface PolynomialScheduleOptions extends LinearScheduleOptions {
  /** Exponent of the falling line. Default 1; segmentation has 0.9. */
  readonly power?: number | undefined;
}

/**
 * end + (start − end)(1 − t)^power, t the share of the steps gone.
 *
 * @example polynomialSchedule({ start: 0.01, steps: 40_000, power: 0.9 })
 */
export function polynomialSchedule(options: PolynomialScheduleOptions): Schedule {
  checkOptions("polynomialSchedule", options, ["start", "end", "steps", "power"]);
  const { start, end = 0, power = 1 } = options;
  const steps = demandSteps("polynomialSchedule", "steps", options.steps);
  return (step) => end + (start - end) * (1 - Math.min(1, step / steps)) ** power;
}

export interface ExponentialScheduleOptions {
  readonly start: number;
  /** Factor of each step. */
  readonly factor: number;
}

/**
 * start · factor^step.
 *
 * @example exponentialSchedule({ start: 0.1, factor: 0.95 ** (1 / stepsInEpoch) })   // 5 % less an epoch
 */
export function exponentialSchedule(options: ExponentialScheduleOptions): Schedule {
  checkOptions("exponentialSchedule", options, ["start", "factor"]);
  const { start, factor } = options;
  return (step) => start * factor ** step;
}

export interface CosineRestartsOptions {
  readonly start: number;
  /** Default 0. */
  readonly end?: number | undefined;
  /** Length of the first descent in steps. */
  readonly steps: number;
  /** How much longer each descent is than the one before: a positive integer. Default 1. */
  readonly growth?: number | undefined;
}

/**
 * Half a cosine from `start` towards `end`, again and again (I. Loshchilov, F. Hutter, "SGDR", ICLR 2017).
 *
 * @example cosineRestarts({ start: 0.1, steps: 1000, growth: 2 })   // 1000, 2000, 4000 … steps
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  checkOptions("cosineRestarts", options, ["start", "end", "steps", "growth"]);
  const { start, end = 0 } = options;
  const steps = demandSteps("cosineRestarts", "steps", options.steps);
  const growth = demandSteps("cosineRestarts", "growth", options.growth ?? 1);
  return (step) => {
    let [from, length] = growth === 1 ? [step - (step % steps), steps] : [0, steps];
    while (step >= from + length) {
      from += length;
      length *= growth;
    }
    return end + (start - end) * 0.5 * (1 + Math.cos((Math.PI * (step - from)) / length));
  };
}
