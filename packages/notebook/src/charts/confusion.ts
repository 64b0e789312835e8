/**
 * A confusion matrix as a heat map: rows are true classes, columns predictions, colour the share of the row.
 */

import { checkOptions } from "@prewitt/core";
import type { ConfusionMatrix } from "@prewitt/nn";
import { Chart } from "./chart.ts";
import type { ChartSpec } from "./render.ts";

export interface ConfusionOptions {
  readonly title?: string | undefined;
  /** Width and height of a cell in pixels (default 36, less for many classes). */
  readonly cell?: number | undefined;
}

/**
 * The counts of a `ConfusionMatrix` in cells coloured by the share of their row; the diagonal is right.
 *
 * @example charts.confusion(matrix, { title: "Test digits" })
 */
export function confusion(matrix: ConfusionMatrix, options: ConfusionOptions = {}): Chart {
  checkOptions("charts.confusion", options, ["title", "cell"]);
  const { title = "Confusion matrix", cell = Math.max(14, Math.min(36, Math.floor(560 / matrix.classes))) } = options;
  const { names } = matrix;
  const fontSize = Math.min(11, cell / 3);
  // A digit is about 0.6 of the font size wide.
  const room = Math.floor((cell - 4) / (0.6 * fontSize));
  const rows = names.flatMap((truth, t) => {
    const total = names.reduce((sum, _, p) => sum + matrix.at(t, p), 0);
    return names.map((predicted, p) => {
      const count = matrix.at(t, p);
      return { truth, predicted, count, label: countText(count, room), share: total === 0 ? 0 : count / total };
    });
  });
  const axis = { type: "nominal", sort: null, axis: { labelAngle: 0 } };
  const crowded = names.some((name) => name.length * 6 > cell);
  const encoding = {
    x: { field: "predicted", ...axis, title: "predicted", ...(crowded && { axis: { labelAngle: -45 } }) },
    y: { field: "truth", ...axis, title: "true class" },
  };
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: {
      text: title,
      subtitle: `${matrix.total.toLocaleString("en-US")} samples, ${percent(matrix.accuracy)} right`,
    },
    width: cell * matrix.classes,
    height: cell * matrix.classes,
    data: { values: rows },
    encoding,
    layer: [
      {
        mark: { type: "rect" },
        encoding: {
          color: { field: "share", type: "quantitative", title: "share of the true class", scale: { domain: [0, 1] } },
        },
      },
      ...(cell >= 24
        ? [
            {
              transform: [{ filter: "datum.count > 0" }],
              mark: { type: "text", fontSize },
              encoding: {
                text: { field: "label", type: "nominal" },
                color: { condition: { test: "datum.share > 0.6", value: "#111111" }, value: "#f4f4f4" },
              },
            },
          ]
        : []),
    ],
  } satisfies ChartSpec;
  return new Chart({
    title,
    spec,
    summary: `${matrix.classes} classes, ${matrix.total} samples, ${percent(matrix.accuracy)} right`,
    lines: () => `${matrix}`.split("\n"),
  });
}

/** A count in at most `room` characters where that can be: whole, or as 12k and 1.2M. */
function countText(count: number, room: number): string {
  if (`${count}`.length <= room) return `${count}`;
  const compact = { notation: "compact", maximumSignificantDigits: 2 } as const;
  return count.toLocaleString("en-US", compact).replace("K", "k");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
