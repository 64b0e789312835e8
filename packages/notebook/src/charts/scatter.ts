/**
 * Points in the plane, coloured by class: two-dimensional embeddings, predictions against truth.
 */

import { checkOptions, isTensor, OptionError, type Tensor } from "@prewitt/core";
import { Chart } from "./chart.ts";
import type { ChartSpec } from "./render.ts";

export interface ScatterOptions {
  readonly title?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  /** A class name or number for each point. */
  readonly labels?: readonly (string | number)[] | undefined;
  /** Side of the square in pixels (default 420). */
  readonly size?: number | undefined;
}

/**
 * Points as a tensor [N, 2] or a list of pairs.
 *
 * Throws `OptionError` for unknown options, points that are no pairs and another number of labels.
 *
 * @example charts.scatter(projected, { labels: names, title: "Embeddings", x: "component 1", y: "component 2" })
 */
export function scatter(points: Tensor | readonly (readonly [number, number])[], options: ScatterOptions = {}): Chart {
  checkOptions("charts.scatter", options, ["title", "x", "y", "labels", "size"]);
  const { title, x = "x", y = "y", labels, size = 420 } = options;
  const pairs = pairsOf(points);
  if (labels !== undefined && labels.length !== pairs.length) {
    throw new OptionError({
      op: "charts.scatter",
      summary: `${labels.length} labels for ${pairs.length} points`,
      fix: "give one label for each point",
    });
  }
  const values = pairs.map(([px, py], i) => ({ x: px, y: py, ...(labels && { label: String(labels[i]) }) }));
  const axis = { type: "quantitative", scale: { zero: false } };
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...(title !== undefined && { title }),
    width: size,
    height: size,
    data: { values },
    mark: { type: "circle", opacity: 0.7, size: pairs.length > 500 ? 16 : 36 },
    encoding: {
      x: { field: "x", ...axis, title: x },
      y: { field: "y", ...axis, title: y },
      ...(labels && { color: { field: "label", type: "nominal", title: null, sort: null } }),
    },
  } satisfies ChartSpec;
  const classes = new Set(labels).size;
  return new Chart({ title, spec, summary: `${pairs.length} points${classes > 0 ? ` of ${classes} classes` : ""}` });
}

function pairsOf(points: Tensor | readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  if (!isTensor(points)) return points;
  if (points.rank !== 2 || points.shape[1] !== 2) {
    throw new OptionError({
      op: "charts.scatter",
      summary: `a tensor [${points.shape.join(", ")}] is no list of pairs`,
      fix: "pass [N, 2]",
    });
  }
  const data = points.dataSync() as ArrayLike<number>;
  return Array.from({ length: points.shape[0] as number }, (_, i) => [
    data[2 * i] as number,
    data[2 * i + 1] as number,
  ]);
}
