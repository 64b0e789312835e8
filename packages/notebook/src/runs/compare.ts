/**
 * `compareRuns`: runs side by side: what differs in their configs, how they ended, and curves of any metric.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import type { Chart } from "../charts/chart.ts";
import { line } from "../charts/line.ts";
import { formatMetric } from "../units.ts";
import { type RunRecord, readRuns } from "./run.ts";

export interface CompareOptions {
  /** Metric that ranks the runs (default "loss"). */
  readonly by?: string | undefined;
  /** Which end of the metric is better (default "least"). */
  readonly best?: "least" | "greatest" | undefined;
  readonly folder?: string | undefined;
}

export class Comparison {
  /** The runs, best first by the best value that they reached. */
  readonly runs: readonly {
    readonly label: string;
    readonly run: RunRecord;
    readonly best: number;
    readonly last: number;
  }[];
  readonly #by: string;

  constructor(records: readonly RunRecord[], by: string, greatest: boolean) {
    this.#by = by;
    const labels = labelsOf(records);
    this.runs = records
      .map((run, i) => {
        const values = valuesOf(run, by);
        const best = values.reduce(
          (a, v) => (greatest ? Math.max(a, v) : Math.min(a, v)),
          greatest ? -Infinity : Infinity,
        );
        return { label: labels[i] as string, run, best, last: values.at(-1) ?? Number.NaN };
      })
      .sort((a, b) => (greatest ? b.best - a.best : a.best - b.best));
  }

  /** Curves of a metric (default: the one that ranks), a line for each run. */
  chart(
    metric = this.#by,
    options: { readonly smooth?: number | undefined; readonly log?: boolean | undefined } = {},
  ): Chart {
    const series = Object.fromEntries(
      this.runs
        .map(({ label, run }) => [label, valuesOf(run, metric)] as const)
        .filter(([, values]) => values.length > 0),
    );
    return line(series, { title: metric, y: metric, ...options });
  }

  toString(): string {
    const rows = this.runs.map(({ label, run, best, last }) => [
      label,
      formatMetric(best),
      formatMetric(last),
      `${run.rows.length}`,
      run.outcome,
    ]);
    const table = [["run", `best ${this.#by}`, "last", "rows", "outcome"], ...rows];
    const widths = (table[0] as string[]).map((_, c) => Math.max(...table.map((row) => (row[c] as string).length)));
    const text = (row: readonly string[]): string =>
      row
        .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number)))
        .join("  ");
    return table.map(text).join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * Compares all runs of the given names, or of records that were read before.
 *
 * Throws `OptionError` for unknown options, for a name without runs, and when no run has the metric.
 *
 * @example
 * const comparison = compareRuns(["mnist/adam", "mnist/sgd"], { by: "accuracy", best: "greatest" });
 * console.log(comparison);
 * await display(comparison.chart("loss", { smooth: 0.9 }));
 */
export function compareRuns(runs: readonly (string | RunRecord)[], options: CompareOptions = {}): Comparison {
  checkOptions("compareRuns", options, ["by", "best", "folder"]);
  const { by = "loss", best = "least", folder } = options;
  const records = runs.flatMap((run) => {
    if (typeof run !== "string") return [run];
    const found = readRuns(run, { folder });
    if (found.length > 0) return found;
    throw new OptionError({
      op: "compareRuns",
      summary: `there is no run "${run}"`,
      fix: `check ${folder ?? "runs"}/${run}/metrics.jsonl`,
    });
  });
  const known = new Set(records.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row))));
  if (!known.has(by)) {
    throw new OptionError({
      op: "compareRuns",
      summary: `no run logged "${by}"`,
      problems: [`logged: ${[...known].join(", ") || "nothing"}`],
      fix: known.size > 0 ? `by: "${[...known].at(-1)}"` : "log values with run.log({ loss })",
    });
  }
  return new Comparison(records, by, best === "greatest");
}

function valuesOf({ rows }: RunRecord, metric: string): number[] {
  return rows.flatMap((row) => (typeof row[metric] === "number" ? [row[metric]] : []));
}

/** A run is called by its name and what of config and seed tells it from the others. */
function labelsOf(records: readonly RunRecord[]): string[] {
  const names = new Set(records.map(({ name }) => name));
  const facts = records.map(({ config, seed }) => ({ ...config, seed }) as Readonly<Record<string, unknown>>);
  const keys = [...new Set(facts.flatMap((fact) => Object.keys(fact)))];
  const telling = keys.filter((key) => new Set(facts.map((fact) => JSON.stringify(fact[key]))).size > 1);
  const labels = records.map(({ name }, i) => {
    const own = telling.map((key) => `${key} ${String(facts[i]?.[key])}`);
    return [...(names.size > 1 || own.length === 0 ? [name] : []), ...own].join(", ");
  });
  return labels.map((label, i) => {
    const same = labels.slice(0, i).filter((other) => other === label).length;
    return same === 0 ? label : `${label} (${same + 1})`;
  });
}
