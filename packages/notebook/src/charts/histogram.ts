/**
 * Histograms of weights, activations, gradients or anything else, one or several over each other.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import { SERIES } from "../drawing/theme.ts";
import { formatMetric } from "../units.ts";
import { Chart } from "./chart.ts";
import type { ChartSpec } from "./render.ts";
import { type SeriesOf, seriesOf } from "./values.ts";

export interface HistogramOptions {
  readonly title?: string | undefined;
  /** Title of the axis across, with its unit (default "value"). */
  readonly x?: string | undefined;
  /** Number of equal bins between the least and the greatest value (default 40). */
  readonly bins?: number | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/**
 * Counts of values in equal bins; NaN and infinities are left out and counted in the summary.
 *
 * Throws `OptionError` for unknown options and when there is nothing finite to count.
 *
 * @example charts.histogram({ "features.0": weights }, { title: "Weights", x: "weight" })
 */
export function histogram(data: SeriesOf, options: HistogramOptions = {}): Chart {
  checkOptions("charts.histogram", options, ["title", "x", "bins", "width", "height"]);
  const { title, x = "value", bins = 40, width = 560, height = 220 } = options;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new OptionError({ op: "charts.histogram", summary: `bins ${bins} is not possible`, fix: "pass bins: 40" });
  }
  const series = seriesOf("charts.histogram", data);
  const [low, high] = series
    .flatMap(([, values]) => [extreme(values, Math.min), extreme(values, Math.max)])
    .filter(Number.isFinite)
    .reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  if (!(low <= high)) throw new OptionError({ op: "charts.histogram", summary: "there is no finite value to count" });
  const step = (high - low) / bins || 1;
  const counted = series.map(([name, values]) => ({
    name,
    counts: countsOf(values, low, step, bins),
    n: values.length,
  }));
  const rows = counted.flatMap(({ name, counts }) =>
    Array.from(counts, (count, i) => ({ from: low + i * step, to: low + (i + 1) * step, count, series: name })),
  );
  const named = series.some(([name]) => name !== "");
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...(title !== undefined && { title }),
    width,
    height,
    data: { values: rows },
    mark: { type: "rect", color: SERIES[0], opacity: series.length > 1 ? 0.55 : 0.9 },
    encoding: {
      x: { field: "from", type: "quantitative", title: x, scale: { nice: false, zero: false } },
      x2: { field: "to" },
      y: { field: "count", type: "quantitative", title: "count", axis: { tickMinStep: 1, format: ",d" } },
      y2: { datum: 0 },
      ...(named && { color: { field: "series", type: "nominal", title: null, sort: null } }),
    },
  } satisfies ChartSpec;
  const parts = counted.map(({ name, counts, n }) => {
    const left = n - counts.reduce((a, b) => a + b, 0);
    return `${name === "" ? "" : `${name}: `}${n} values${left > 0 ? `, ${left} of them not finite` : ""}`;
  });
  const summary = `${parts.join("; ")}; ${formatMetric(low)} … ${formatMetric(high)}`;
  return new Chart({ title, spec, summary, lines: (columns) => [...barLines(counted, low, step, columns), summary] });
}

function extreme(values: readonly number[], pick: (a: number, b: number) => number): number {
  return values.reduce((a, v) => (Number.isFinite(v) ? (Number.isNaN(a) ? v : pick(a, v)) : a), Number.NaN);
}

function countsOf(values: readonly number[], low: number, step: number, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    const bin = Math.min(bins - 1, Math.floor((v - low) / step));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

const EIGHTHS = " ▁▂▃▄▅▆▇█";

/** A row of bars, eight heights each, for every series. */
function barLines(
  counted: readonly { readonly name: string; readonly counts: Float64Array }[],
  low: number,
  step: number,
  columns: number,
): string[] {
  return counted.flatMap(({ name, counts }) => {
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    const wide = Math.max(1, Math.floor((columns - 24) / counts.length));
    const bars = Array.from(counts, (n) => (EIGHTHS[Math.ceil((n / most) * 8)] as string).repeat(Math.min(2, wide)));
    const range = `${formatMetric(low)} … ${formatMetric(low + step * counts.length)}`;
    return [`${name === "" ? "" : `${name} `}${bars.join("")} ${range}`];
  });
}
