/**
 * A value that falls when a metric has stopped getting better, by PyTorch's rules (`ReduceLROnPlateau`): a metric is better
 * when it beats the best so far by a share `threshold` of it; after more than `patience` updates without, the value is
 * multiplied by `factor`, and `cooldown` updates pass before any are counted again.
 *
 * What it remembers lies in variables, which the optimiser's `stateDict` includes.
 */

import { checkOptions, constantNode, locate, OptionError, Variable } from "@prewitt/core";
import { demandSteps, type Schedule } from "./schedules.ts";

export interface PlateauScheduleOptions {
  readonly start: number;
  /** Factor of each drop, from 0 to below 1. Default 0.1. */
  readonly factor?: number | undefined;
  /** Updates without a better metric that are waited out. Default 10. */
  readonly patience?: number | undefined;
  /** Whether the metric gets better by falling ("min", a loss; default) or rising ("max", an accuracy). */
  readonly mode?: "min" | "max" | undefined;
  /** Share of the best metric that counts as better. Default 1e-4. */
  readonly threshold?: number | undefined;
  /** Updates after a drop that are not counted. Default 0. */
  readonly cooldown?: number | undefined;
  /** The value never falls below. Default 0. */
  readonly least?: number | undefined;
}

/** A schedule that is told the metric. */
export interface PlateauSchedule extends Schedule {
  /** Takes the metric of an epoch; returns whether the value fell. Throws `OptionError` for NaN. */
  update(metric: number): boolean;
  readonly state: Readonly<Record<"value" | "best" | "bad" | "waiting", Variable>>;
}

function scalar(value: number): Variable {
  return new Variable(constantNode(Float64Array.of(value), [], "float64"));
}

function readOptions(
  options: PlateauScheduleOptions,
): Required<PlateauScheduleOptions> & { readonly [key: string]: unknown } {
  checkOptions("plateauSchedule", options, ["start", "factor", "patience", "mode", "threshold", "cooldown", "least"]);
  const { start, factor = 0.1, patience = 10, mode = "min", threshold = 1e-4, cooldown = 0, least = 0 } = options;
  if (!(factor >= 0 && factor < 1) || !(mode === "min" || mode === "max") || !Number.isFinite(start)) {
    throw locate(
      new OptionError({
        op: "plateauSchedule",
        summary: 'start must be a number, factor one from 0 to below 1, mode "min" or "max"',
        problems: [`start is ${start}, factor is ${factor}, mode is "${mode}"`],
        fix: 'write { start: 0.1, factor: 0.1, mode: "min" }',
      }),
    );
  }
  if (patience !== 0) demandSteps("plateauSchedule", "patience", patience);
  if (cooldown !== 0) demandSteps("plateauSchedule", "cooldown", cooldown);
  return { start, factor, patience, mode, threshold, cooldown, least };
}

/**
 * A schedule that reacts: call `update` with the validation metric after each epoch.
 *
 * @example
 * const rate = plateauSchedule({ start: 0.1, patience: 3 });
 * const optimizer = new SGD(model.parameters(), { learningRate: rate });
 * // after each epoch
 * rate.update(validation.loss);
 */
export function plateauSchedule(options: PlateauScheduleOptions): PlateauSchedule {
  const { start, factor, patience, mode, threshold, cooldown, least } = readOptions(options);
  const state = {
    value: scalar(start),
    best: scalar(mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY),
    bad: scalar(0),
    waiting: scalar(0),
  };
  const get = (name: keyof typeof state): number => state[name].read().itemSync();
  const set = (name: keyof typeof state, value: number): void =>
    state[name].assign(constantNode(Float64Array.of(value), [], "float64"));
  const isBetter = (metric: number, best: number): boolean =>
    mode === "min" ? metric < best * (1 - threshold) : metric > best * (1 + threshold);
  const update = (metric: number): boolean => {
    if (Number.isNaN(metric)) {
      throw locate(
        new OptionError({ op: "plateauSchedule", summary: "the metric is NaN", fix: "see where it comes from" }),
      );
    }
    let bad = get("bad") + 1;
    if (isBetter(metric, get("best"))) {
      set("best", metric);
      bad = 0;
    }
    const waiting = get("waiting");
    if (waiting > 0) bad = 0;
    const falls = bad > patience;
    const before = get("value");
    const after = falls ? Math.max(least, before * factor) : before;
    if (after !== before) set("value", after);
    set("bad", falls ? 0 : bad);
    set("waiting", falls ? cooldown : Math.max(0, waiting - 1));
    return after !== before;
  };
  return Object.assign(() => get("value"), { update, state });
}
