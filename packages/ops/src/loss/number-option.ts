/** Reading the numbers among a loss's options. */

import type { Problems } from "../problems.ts";
import { show } from "../window/options.ts";

export interface NumberRange {
  /** Smallest value allowed. Default: any finite number. */
  readonly from?: number | undefined;
  /** Whether `from` itself is left out. */
  readonly open?: boolean | undefined;
  /** Largest value allowed. */
  readonly to?: number | undefined;
}

function rangeText({ from, open = false, to }: NumberRange): string {
  if (from === undefined) return "a finite number";
  if (to !== undefined) return `a number from ${from} to ${to}`;
  return open ? `a number above ${from}` : `a number of ${from} or more`;
}

/** `value`, or `fallback` where the option is absent. A problem where it is no number in the range. */
export function readNumber(
  problems: Problems,
  name: string,
  value: unknown,
  fallback: number,
  range: NumberRange = {},
): number {
  if (value === undefined) return fallback;
  const { from = Number.NEGATIVE_INFINITY, open = false, to = Number.POSITIVE_INFINITY } = range;
  if (typeof value === "number" && Number.isFinite(value) && value <= to && (open ? value > from : value >= from)) {
    return value;
  }
  problems.option({
    summary: `${name} must be ${rangeText(range)}`,
    detail: `${name} is ${show(value)}`,
    fix: `write ${name}: ${fallback}`,
  });
  return fallback;
}
