/**
 * Lines over steps or any other axis, with smoothing, and bands over several runs.
 *
 * Long series are thinned to the extremes of equal stretches, so that a spike stays visible and a chart of 100,000 steps
 * is a small file.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import { brailleLines } from "./braille.ts";
import { Chart } from "./chart.ts";
import type { ChartSpec } from "./render.ts";
import { numbersOf, type SeriesOf, seriesOf, type Values } from "./values.ts";

export interface LineOptions {
  readonly title?: string | undefined;
  /** Title of the axis across, with its unit (default "step"). */
  readonly x?: string | undefined;
  /** Title of the axis upward, with its unit (default "value"). */
  readonly y?: string | undefined;
  /** Positions across; default 1, 2, 3 … */
  readonly at?: Values | undefined;
  /** Exponential smoothing, 0 (none, default) up to 1: values are drawn faint, their running mean strong. */
  readonly smooth?: number | undefined;
  /** Logarithmic axis upward. */
  readonly log?: boolean | undefined;
  /** Marks each point (default: for 30 points or fewer). */
  readonly points?: boolean | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

const KNOWN = ["title", "x", "y", "at", "smooth", "log", "points", "width", "height"];
/** Most points of a series in a specification. */
const MOST = 1000;
const wholeAxis = { axis: { tickMinStep: 1, format: ",d" } };

/**
 * Series of numbers as lines: one array or tensor, or several by name.
 *
 * Throws `OptionError` for unknown options, values that are no numbers, and `at` of another length.
 *
 * @example charts.line({ training: losses, validation }, { title: "Loss", y: "cross-entropy (nats)", smooth: 0.9 })
 */
export function line(data: SeriesOf, options: LineOptions = {}): Chart {
  checkOptions("charts.line", options, KNOWN);
  const { x = "step", y = "value", smooth = 0, log = false } = options;
  if (!(smooth >= 0 && smooth < 1)) {
    throw new OptionError({ op: "charts.line", summary: `smooth ${smooth} is not possible`, fix: "pass 0 … 0.99" });
  }
  const series = seriesOf("charts.line", data).map(([name, values]) => ({
    name,
    points: placed(name, values, options),
  }));
  const strong = series.map(({ name, points }) => ({ name, points: smooth > 0 ? smoothed(points, smooth) : points }));
  const { title, width = 560, height = 260 } = options;
  const rows = (list: typeof series) =>
    list.flatMap(({ name, points }) => thinned(points).map(([px, py]) => ({ x: px, y: py, series: name })));
  const named = series.some(({ name }) => name !== "");
  const most = Math.max(...series.map(({ points }) => points.length));
  const whole = series.every(({ points }) => points.every(([px]) => Number.isInteger(px)));
  const encoding = lineEncoding({ x, y, log, named, whole, names: series.map(({ name }) => name) });
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...(title !== undefined && { title }),
    width,
    height,
    layer: [
      ...(smooth > 0
        ? [{ data: { values: rows(series) }, mark: { type: "line", opacity: 0.25, strokeWidth: 1 }, encoding }]
        : []),
      { data: { values: rows(strong) }, mark: { type: "line", point: options.points ?? most <= 30 }, encoding },
    ],
  } satisfies ChartSpec;
  const names = series.map(({ name, points }) => `${name === "" ? "" : `${name}: `}${points.length} points`);
  return new Chart({
    title,
    spec,
    summary: names.join(", "),
    lines: (columns) => brailleLines(strong, { columns, x, y, logY: log }),
  });
}

interface LineAxes {
  readonly x: string;
  readonly y: string;
  readonly log: boolean;
  readonly named: boolean;
  /** Whether positions across are whole numbers, so that no tick stands between them. */
  readonly whole: boolean;
  readonly names: readonly string[];
}

/** Channels of lines: positions with titles, and colour by series where there are names. */
export function lineEncoding({ x, y, log, named, names, whole }: LineAxes): Readonly<Record<string, unknown>> {
  return {
    x: { field: "x", type: "quantitative", title: x, scale: { zero: false, nice: false }, ...(whole && wholeAxis) },
    y: { field: "y", type: "quantitative", title: y, scale: log ? { type: "log" } : { zero: false } },
    ...(named && { color: { field: "series", type: "nominal", title: null, sort: null, scale: { domain: names } } }),
  };
}

type Point = readonly [x: number, y: number];

/** The values with their positions; those that are not finite are left out, as a gap cannot be drawn on a log axis. */
function placed(name: string, values: readonly number[], { at }: LineOptions): Point[] {
  const places = at === undefined ? values.map((_, i) => i + 1) : numbersOf("charts.line", at);
  if (places.length !== values.length) {
    throw new OptionError({
      op: "charts.line",
      summary: `at has ${places.length} positions, the series${name === "" ? "" : ` "${name}"`} ${values.length} values`,
      fix: "give one position for each value",
    });
  }
  return values.flatMap((v, i): Point[] => (Number.isFinite(v) ? [[places[i] as number, v]] : []));
}

/** Exponential running mean without the pull to its start: Σ sᵏ v₍ₙ₋ₖ₎ / Σ sᵏ. */
function smoothed(points: readonly Point[], smooth: number): Point[] {
  let [sum, weight] = [0, 0];
  return points.map(([x, y]) => {
    sum = smooth * sum + y;
    weight = smooth * weight + 1;
    return [x, sum / weight];
  });
}

/** At most about `MOST` points: of every stretch the least and the greatest, in order. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST) return points;
  const stretch = Math.ceil((2 * points.length) / MOST);
  const kept: Point[] = [];
  for (let from = 0; from < points.length; from += stretch) {
    const part = points.slice(from, from + stretch);
    const least = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const greatest = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...[...new Set([least, greatest])].sort((a, b) => a[0] - b[0]));
  }
  return kept;
}
