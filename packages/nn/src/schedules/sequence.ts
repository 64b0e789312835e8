/** Schedules one after the other. */

import { checkOptions, locate, OptionError } from "@prewitt/core";
import { demandSteps, type Schedule } from "./schedules.ts";

export interface SchedulePart {
  readonly schedule: Schedule;
  /** How long it lasts; the last part may leave it out and lasts for ever. */
  readonly steps?: number | undefined;
}

/**
 * Each part in turn, counting its own steps from 0. Throws `OptionError` for no parts, or a part before the last without a
 * length.
 *
 * @example
 * sequence([
 *   { schedule: linearSchedule({ start: 0, end: 0.1, steps: 500 }), steps: 500 },
 *   { schedule: constantSchedule(0.1), steps: 2000 },
 *   { schedule: cosineSchedule({ start: 0.1, steps: 7500 }) },
 * ])
 */
export function sequence(parts: readonly SchedulePart[]): Schedule {
  if (parts.length === 0) {
    throw locate(
      new OptionError({ op: "sequence", summary: "there are no parts", fix: "pass [{ schedule, steps }, …]" }),
    );
  }
  for (const [i, part] of parts.entries()) {
    checkOptions("sequence", part, ["schedule", "steps"]);
    if (i < parts.length - 1) demandSteps("sequence", `steps of part ${i}`, part.steps);
  }
  const states = parts.flatMap(({ schedule }, i) =>
    Object.entries(schedule.state ?? {}).map(([name, v]) => [`${i}.${name}`, v] as const),
  );
  const value = (step: number): number => {
    let rest = step;
    for (const { schedule, steps = Number.POSITIVE_INFINITY } of parts.slice(0, -1)) {
      if (rest < steps) return schedule(rest);
      rest -= steps;
    }
    return (parts.at(-1) as SchedulePart).schedule(rest);
  };
  return states.length === 0 ? value : Object.assign(value, { state: Object.fromEntries(states) });
}
