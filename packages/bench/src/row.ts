/** One measurement, as a JSON line on standard output. Progress goes to standard error. */

import type { Timing } from "./measure.ts";

export interface Row extends Timing {
  readonly what: string;
  readonly case: string;
  readonly gflops?: number;
  /** Images (or steps) a second. */
  readonly ips?: number;
  /** Peak resident memory of the process, in MB. */
  readonly rss_mb?: number;
}

const round = (value: unknown): unknown => (typeof value === "number" ? Math.round(value * 1e4) / 1e4 : value);

export function emit(row: Row, common: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries({ ...common, ...row }).map(([key, value]) => [key, round(value)]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(entries))}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Peak resident memory in MB. */
export function peakMemory(): number {
  return process.resourceUsage().maxRSS / 1024;
}
