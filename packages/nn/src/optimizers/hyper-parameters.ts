/**
 * Hyper-parameters of an optimiser: float64 scalar variables, one for all parameters and one more for every group that has
 * its own. A schedule in place of a number writes its variable before each step, also before each call of a compiled step,
 * which is therefore never traced again.
 */

import { constantNode, guarded, locate, OptionError, session, type Tensor, Variable } from "@prewitt/core";
import type { Schedule } from "../schedules/schedules.ts";

/** A number, or one for each step. */
export type HyperValue = number | Schedule;

/** What a hyper-parameter may be. */
export interface HyperRange {
  readonly from: number;
  /** Default: no limit. */
  readonly below?: number | undefined;
  /** Default: it must be given. */
  readonly fallback?: number | undefined;
  /** A plain 0 means that the term is left out of the program: there is no variable. Default false. */
  readonly optional?: boolean | undefined;
}

interface Scheduled {
  readonly name: string;
  readonly variable: Variable;
  readonly schedule: Schedule;
  readonly range: HyperRange;
  written: { readonly value: number; readonly version: number } | undefined;
}

function isInside(value: unknown, { from, below = Number.POSITIVE_INFINITY }: HyperRange): value is number {
  return typeof value === "number" && value >= from && value < below;
}

function outside(op: string, name: string, value: unknown, range: HyperRange, step?: number): OptionError {
  const { from, below } = range;
  const text = below === undefined ? `a number of ${from} or more` : `a number from ${from} to below ${below}`;
  const at = step === undefined ? "" : ` from its schedule at step ${step}`;
  return locate(
    new OptionError({
      op,
      summary: `${name} must be ${text}, got ${String(value)}${at}`,
      fix:
        step === undefined
          ? `write ${name}: ${below === undefined ? 0.01 : 0.9}`
          : "see that the schedule stays inside",
    }),
  );
}

function scalar(value: number): Tensor {
  return constantNode(Float64Array.of(value), [], "float64");
}

export class HyperParameters {
  readonly #op: string;
  /** By the name that state dicts use: `learningRate`, `groups.0.learningRate`. */
  readonly variables = new Map<string, Variable>();
  readonly #scheduled: Scheduled[] = [];

  constructor(op: string) {
    this.#op = op;
  }

  /** The variable of one hyper-parameter; undefined where it is optional and 0. Throws `OptionError` outside its range. */
  add(name: string, given: unknown, range: HyperRange, prefix = ""): Variable | undefined {
    const value = given === undefined ? range.fallback : given;
    const schedule = typeof value === "function" ? (value as Schedule) : undefined;
    const first: unknown = schedule === undefined ? value : schedule(0);
    if (!isInside(first, range)) throw outside(this.#op, prefix + name, first, range, schedule && 0);
    if (schedule === undefined && range.optional === true && first === 0) return undefined;
    const key = prefix + name;
    const variable = new Variable(scalar(first), { name: `${this.#op}.${key}` });
    this.variables.set(key, variable);
    if (schedule !== undefined) {
      this.#scheduled.push({
        name: key,
        variable,
        schedule,
        range,
        written: { value: first, version: variable.version },
      });
      for (const [part, v] of Object.entries(schedule.state ?? {})) this.variables.set(`${key}.schedule.${part}`, v);
    }
    return variable;
  }

  /** Names of those that a schedule writes. */
  get scheduled(): readonly string[] {
    return this.#scheduled.map(({ name }) => name);
  }

  /** Writes what the schedules say for `step`. Throws `OptionError` for a value out of range. */
  write(step: number): void {
    for (const s of this.#scheduled) {
      const value = s.schedule(step);
      if (s.written?.value === value && s.written.version === s.variable.version) continue;
      if (!isInside(value, s.range)) throw outside(this.#op, s.name, value, s.range, step);
      s.variable.assign(scalar(value));
      s.written = { value, version: s.variable.version };
    }
  }
}

/**
 * Runs `fn` outside the trace: now, and, inside `compile`, before every later call of the compiled function too. A guard is
 * read at each call before the variables are bound.
 */
export function beforeEachCall(fn: () => void): void {
  guarded(() => {
    const { trace } = session;
    session.trace = undefined;
    try {
      fn();
    } finally {
      session.trace = trace;
    }
    return true;
  });
}
