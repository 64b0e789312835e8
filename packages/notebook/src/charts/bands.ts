/**
 * The same curve from several runs: the mean as a line, and a band of one standard deviation or of all runs.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import { brailleLines } from "./braille.ts";
import { Chart } from "./chart.ts";
import { lineEncoding } from "./line.ts";
import type { ChartSpec } from "./render.ts";
import { numbersOf, type Values } from "./values.ts";

export interface BandOptions {
  readonly title?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  /** Positions across; default 1, 2, 3 … */
  readonly at?: Values | undefined;
  /** "deviation" (default): mean ± the runs' standard deviation; "range": from the least to the greatest. */
  readonly band?: "deviation" | "range" | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/**
 * Runs by name, each a list of curves of one length.
 *
 * Throws `OptionError` for unknown options and curves of different lengths.
 *
 * @example charts.bands({ "with batch norm": runsA, without: runsB }, { x: "epoch", y: "test accuracy (%)" })
 */
export function bands(data: Readonly<Record<string, readonly Values[]>>, options: BandOptions = {}): Chart {
  checkOptions("charts.bands", options, ["title", "x", "y", "at", "band", "width", "height"]);
  const { title, x = "step", y = "value", band = "deviation", width = 560, height = 260 } = options;
  const groups = Object.entries(data).map(([name, runs]) => {
    const curves = runs.map((run) => numbersOf("charts.bands", run));
    return { name, runs: curves.length, rows: bandRows(name, curves, band, options.at) };
  });
  if (groups.length === 0) throw new OptionError({ op: "charts.bands", summary: "there is no run to draw" });
  const whole = groups.every(({ rows }) => rows.every((row) => Number.isInteger(row.x)));
  const encoding = lineEncoding({ x, y, log: false, named: true, whole, names: groups.map(({ name }) => name) });
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...(title !== undefined && { title }),
    width,
    height,
    data: { values: groups.flatMap(({ rows }) => rows) },
    layer: [
      {
        mark: { type: "area", opacity: 0.2 },
        encoding: { ...encoding, y: { ...(encoding.y as object), field: "low" }, y2: { field: "high" } },
      },
      { mark: { type: "line", point: Math.max(...groups.map(({ rows }) => rows.length)) <= 30 }, encoding },
    ],
  } satisfies ChartSpec;
  const textual = groups.map(({ name, rows }) => ({ name, points: rows.map((r): [number, number] => [r.x, r.y]) }));
  return new Chart({
    title,
    spec,
    summary: groups.map(({ name, runs, rows }) => `${name}: ${runs} runs of ${rows.length} points`).join(", "),
    lines: (columns) => brailleLines(textual, { columns, x, y }),
  });
}

function bandRows(name: string, curves: readonly number[][], band: "deviation" | "range", at: Values | undefined) {
  const length = curves[0]?.length ?? 0;
  const other = curves.find((curve) => curve.length !== length);
  const places = at === undefined ? undefined : numbersOf("charts.bands", at);
  if (other !== undefined || length === 0 || (places !== undefined && places.length !== length)) {
    throw new OptionError({
      op: "charts.bands",
      summary: `the runs of "${name}" differ in length, or have no values`,
      problems: [`lengths ${curves.map((c) => c.length).join(", ")}${places ? `; ${places.length} positions` : ""}`],
      fix: "give curves of one length",
    });
  }
  return Array.from({ length }, (_, i) => {
    const values = curves.map((curve) => curve[i] as number);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
    const [low, high] =
      band === "range"
        ? [Math.min(...values), Math.max(...values)]
        : [mean - Math.sqrt(variance), mean + Math.sqrt(variance)];
    return { x: places?.[i] ?? i + 1, y: mean, low, high, series: name };
  });
}
