/**
 * A small histogram for each module: weights, activations or gradients by path, each with axes of its own.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import { Chart } from "./chart.ts";
import { histogram } from "./histogram.ts";
import type { ChartSpec } from "./render.ts";
import { type SeriesOf, seriesOf } from "./values.ts";

export interface HistogramsOptions {
  readonly title?: string | undefined;
  /** Title of the axes across, with the unit (default "value"). */
  readonly x?: string | undefined;
  /** Bins of each histogram (default 30). */
  readonly bins?: number | undefined;
  /** Histograms in a row (default 3). */
  readonly perRow?: number | undefined;
}

/** Names longer than this lose their beginning. */
const LONGEST = 30;

/**
 * Histograms side by side of what `nn.capture` kept, of its gradients, or of parameters.
 *
 * Throws `OptionError` for unknown options, and for a series without a finite value.
 *
 * @example
 * const { output, activations } = nn.capture(model, ["**"], () => model.forward(x));
 * await display(charts.histograms(activations, { title: "Activations", x: "activation" }));
 * await display(charts.histograms(grad(output.sum(), activations), { title: "Gradients" }));
 * await display(charts.histograms(model.parameters(), { title: "Weights", x: "weight" }));
 */
export function histograms(data: SeriesOf, options: HistogramsOptions = {}): Chart {
  checkOptions("charts.histograms", options, ["title", "x", "bins", "perRow"]);
  const { title, x = "value", bins = 30, perRow = 3 } = options;
  if (!Number.isInteger(perRow) || perRow < 1) {
    throw new OptionError({
      op: "charts.histograms",
      summary: `perRow ${perRow} is not possible`,
      fix: "pass perRow: 3",
    });
  }
  const series = seriesOf("charts.histograms", data);
  const parts = series.map(([path, values]) => ({
    name: path === "" && series.length > 1 ? "(model)" : path,
    chart: histogram(values, { x, bins, width: 0, height: 0 }),
  }));
  const width = Math.floor(640 / perRow) - 60;
  const small = { labelFontSize: 10, titleFontSize: 10, tickCount: 4 };
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...(title !== undefined && { title }),
    columns: perRow,
    spacing: 14,
    concat: parts.map(({ name, chart }) => ({
      ...chart.spec,
      $schema: undefined,
      title: {
        text: name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name,
        fontSize: 11,
        fontWeight: 400,
        frame: "group",
        offset: 4,
      },
      width,
      height: 90,
      encoding: withAxis(chart.spec.encoding as Encoding, small),
    })),
  } satisfies ChartSpec;
  return new Chart({
    title,
    spec,
    summary: `${parts.length} histograms`,
    lines: (columns) => parts.flatMap(({ name, chart }) => [name, ...chart.lines(columns)]),
  });
}

type Encoding = Readonly<Record<"x" | "y", object>>;

function withAxis({ x, y, ...rest }: Encoding, axis: object) {
  return { ...rest, x: { ...x, axis }, y: { ...y, axis: { ...axis, title: null } } };
}
