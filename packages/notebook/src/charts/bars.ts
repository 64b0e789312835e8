/**
 * Bars by name, with the spread of several runs as error bars.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import { formatMetric } from "../units.ts";
import { Chart } from "./chart.ts";
import type { ChartSpec } from "./render.ts";

export interface BarOptions {
  readonly title?: string | undefined;
  /** Title of the axis of values, with its unit (default "value"). */
  readonly y?: string | undefined;
  /** Least and greatest value of the axis; default: from 0. */
  readonly range?: readonly [number, number] | undefined;
  readonly width?: number | undefined;
}

/**
 * A bar for each name, as long as the mean of its values; several values also give an error bar of their standard
 * deviation and a dot each.
 *
 * Throws `OptionError` for unknown options and a name without values.
 *
 * @example charts.bars({ "from scratch": [84.9, 85.3], frozen: [88.0, 88.4] }, { y: "accuracy (%)" })
 */
export function bars(data: Readonly<Record<string, number | readonly number[]>>, options: BarOptions = {}): Chart {
  checkOptions("charts.bars", options, ["title", "y", "range", "width"]);
  const { title, y = "value", range, width = 480 } = options;
  const groups = Object.entries(data).map(([name, values]) => {
    const list = typeof values === "number" ? [values] : [...values];
    if (list.length === 0) throw new OptionError({ op: "charts.bars", summary: `"${name}" has no values` });
    const mean = list.reduce((a, b) => a + b, 0) / list.length;
    const deviation = Math.sqrt(list.reduce((s, v) => s + (v - mean) ** 2, 0) / Math.max(1, list.length - 1));
    return { name, list, mean, deviation };
  });
  const scale = { ...(range ? { domain: range, clamp: true } : { zero: true }) };
  const position = { y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelLimit: 240 } } };
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...(title !== undefined && { title }),
    width,
    height: { step: 34 },
    layer: [
      {
        data: {
          values: groups.map(({ name, mean, deviation }) => ({
            name,
            mean,
            low: mean - deviation,
            high: mean + deviation,
          })),
        },
        layer: [
          {
            mark: { type: "bar", opacity: 0.85 },
            encoding: { ...position, x: { field: "mean", type: "quantitative", title: y, scale } },
          },
          {
            mark: { type: "rule", strokeWidth: 2 },
            encoding: { ...position, x: { field: "low", type: "quantitative" }, x2: { field: "high" } },
          },
        ],
      },
      {
        data: {
          values: groups.flatMap(({ name, list }) => (list.length > 1 ? list.map((value) => ({ name, value })) : [])),
        },
        mark: { type: "point", filled: true, size: 22, color: "#7d8590" },
        encoding: { ...position, x: { field: "value", type: "quantitative" } },
      },
    ],
  } satisfies ChartSpec;
  const texts = groups.map(
    ({ name, list, mean, deviation }) =>
      `${name} ${formatMetric(mean)}${list.length > 1 ? ` ± ${formatMetric(deviation)} (${list.length} runs)` : ""}`,
  );
  return new Chart({ title, spec, summary: texts.join(", "), lines: () => texts });
}
