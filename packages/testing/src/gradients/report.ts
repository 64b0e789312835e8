/**
 * What a gradient check found: the entries that disagree, worst first, and a text that shows where to look.
 */

import { GradientError } from "@prewitt/core";

/** One comparison. */
export interface GradientEntry {
  /** 1: the gradient of the function. 2: the gradient of that gradient. */
  readonly order: number;
  /** Name of the input, or of the cotangent (`dy`) that the gradient is taken at. */
  readonly input: string;
  /** Index of the element; `undefined` for a derivative along a random direction. */
  readonly index: readonly number[] | undefined;
  readonly analytic: number;
  readonly numeric: number;
  /** How far the numerical derivative itself is uncertain. */
  readonly uncertainty: number;
  /** Whether the function has a kink or a jump here, so that there is no derivative to compare with. */
  readonly kink: boolean;
  /** |analytic − numeric| relative to the larger of them. */
  readonly error: number;
}

export interface GradientReport {
  readonly ok: boolean;
  /** Number of comparisons made. */
  readonly checked: number;
  /** The entry with the largest error; `undefined` when nothing was compared. */
  readonly worst: GradientEntry | undefined;
  /** Entries beyond the tolerance, worst first. */
  readonly failures: readonly GradientEntry[];
  /** Everything else that is wrong: rules that are not linear in the cotangent, gradients that are not finite. */
  readonly problems: readonly string[];
  toString(): string;
}

/** Thrown by `checkGradients`; `report` holds every comparison that failed. */
export class GradientCheckError extends GradientError {
  readonly report: GradientReport;

  constructor(report: GradientReport, at: string) {
    const shown = report.failures.slice(0, SHOWN).map(entryText);
    const more = report.failures.length - shown.length;
    super({
      op: "checkGradients",
      summary: `${report.failures.length + report.problems.length} of ${report.checked} comparisons failed`,
      problems: [...report.problems, ...shown, ...(more > 0 ? [`… and ${more} more`] : [])],
      fix: adviceOf(report),
      at,
    });
    this.report = report;
  }
}

const SHOWN = 5;

function placeText(entry: GradientEntry): string {
  const order =
    entry.order === 1 ? "gradient" : entry.order === 2 ? "second-order gradient" : `gradient of order ${entry.order}`;
  return `${order} in ${entry.input}${entry.index === undefined ? " along a random direction" : `[${entry.index.join(", ")}]`}`;
}

function entryText(entry: GradientEntry): string {
  const unsure = entry.kink ? " (not smooth here)" : "";
  return `${placeText(entry)}: analytic ${number(entry.analytic)}, numeric ${number(entry.numeric)}${unsure}, relative error ${entry.error.toExponential(1)}`;
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(9) : String(value);
}

/** The most telling pattern among the failures. */
function adviceOf(report: GradientReport): string {
  const worst = report.failures[0];
  if (worst === undefined) return "make the rule linear in the cotangent";
  if (report.failures.every((e) => e.kink)) return "move the inputs away from kinks and jumps";
  if (report.failures.every((e) => e.analytic === 0))
    return "the rule returns null or zeros for an input that the value depends on";
  if (report.failures.every((e) => close(e.analytic, -e.numeric))) return "the sign of the rule is wrong";
  const ratio = worst.analytic / worst.numeric;
  if (report.failures.length > 1 && report.failures.every((e) => close(e.analytic, ratio * e.numeric)))
    return `the rule is off by a factor of ${Number(ratio.toPrecision(6))}`;

  return 'look at single elements with { mode: "full" }';
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-4 * Math.max(Math.abs(a), Math.abs(b));
}

export function makeReport(
  entries: readonly GradientEntry[],
  failures: readonly GradientEntry[],
  problems: readonly string[],
): GradientReport {
  const byError = (a: GradientEntry, b: GradientEntry): number => rank(b) - rank(a);
  const worst = [...entries].sort(byError)[0];
  const ok = failures.length === 0 && problems.length === 0;
  const verdict = ok ? "gradients agree" : "gradients differ";
  const lines = [`${verdict}: ${entries.length} comparisons, ${failures.length} beyond the tolerance`];
  if (worst !== undefined) lines.push(`worst: ${entryText(worst)}`);
  lines.push(...problems);
  return {
    ok,
    checked: entries.length,
    worst,
    failures: [...failures].sort(byError),
    problems,
    toString: () => lines.join("\n"),
  };
}

function rank(entry: GradientEntry): number {
  return Number.isNaN(entry.error) ? Number.POSITIVE_INFINITY : entry.error;
}
