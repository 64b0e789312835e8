/**
 * Curves of a binary decision over all thresholds, and of a schedule over all steps.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import { Chart } from "./chart.ts";
import { line } from "./line.ts";
import type { ChartSpec } from "./render.ts";

export interface CurveOptions {
  readonly title?: string | undefined;
  /** Side of the square in pixels (default 320). */
  readonly size?: number | undefined;
}

/** A curve as lists of positions, such as a ROC curve: x the false-positive rate, y the true-positive rate. */
export interface CurvePoints {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

interface SquareAxes {
  readonly op: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly chance: boolean;
}

/**
 * Receiver operating characteristics by name, with the line of guessing.
 *
 * @example charts.roc({ network: { x: falsePositiveRate, y: truePositiveRate } })
 */
export function roc(curves: Readonly<Record<string, CurvePoints>>, options: CurveOptions = {}): Chart {
  const axes = { x: "false-positive rate", y: "true-positive rate (sensitivity)" };
  return square(curves, options, { op: "charts.roc", title: "ROC", ...axes, chance: true });
}

/**
 * Precision against recall by name.
 *
 * @example charts.precisionRecall({ detector: { x: recall, y: precision } })
 */
export function precisionRecall(curves: Readonly<Record<string, CurvePoints>>, options: CurveOptions = {}): Chart {
  const axes = { x: "recall", y: "precision" };
  return square(curves, options, {
    op: "charts.precisionRecall",
    title: "Precision and recall",
    ...axes,
    chance: false,
  });
}

function square(
  curves: Readonly<Record<string, CurvePoints>>,
  options: CurveOptions,
  { op, title: kind, x, y, chance }: SquareAxes,
): Chart {
  checkOptions(op, options, ["title", "size"]);
  const { title = kind, size = 320 } = options;
  const names = Object.keys(curves);
  if (names.length === 0) throw new OptionError({ op, summary: "there is no curve to draw" });
  const values = Object.entries(curves).flatMap(([series, curve]) => {
    if (curve.x.length !== curve.y.length) {
      throw new OptionError({ op, summary: `"${series}" has ${curve.x.length} x and ${curve.y.length} y` });
    }
    return Array.from(curve.x, (px, order) => ({ x: px, y: curve.y[order], order, series }));
  });
  const unit = { type: "quantitative", scale: { domain: [0, 1] } };
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title,
    width: size,
    height: size,
    layer: [
      ...(chance
        ? [
            {
              data: { values: [{ x: 0, y: 0, x2: 1, y2: 1 }] },
              mark: { type: "rule", strokeDash: [4, 4] },
              encoding: {
                x: { field: "x", ...unit },
                y: { field: "y", ...unit },
                x2: { field: "x2" },
                y2: { field: "y2" },
              },
            },
          ]
        : []),
      {
        data: { values },
        mark: { type: "line" },
        encoding: {
          x: { field: "x", ...unit, title: x },
          y: { field: "y", ...unit, title: y },
          order: { field: "order" },
          color: { field: "series", type: "nominal", title: null, sort: null, scale: { domain: names } },
        },
      },
    ],
  } satisfies ChartSpec;
  return new Chart({
    title,
    spec,
    summary: names.map((name) => `${name}: ${curves[name]?.x.length} points`).join(", "),
  });
}

/**
 * The value of a schedule, or several by name, at each of `steps` steps.
 *
 * @example charts.schedule(nn.cosineSchedule({ start: 2e-3, steps: 1000 }), { steps: 1000 })
 */
export function schedule(
  schedules: ((step: number) => number) | Readonly<Record<string, (step: number) => number>>,
  options: { readonly steps: number; readonly title?: string | undefined; readonly y?: string | undefined },
): Chart {
  checkOptions("charts.schedule", options, ["steps", "title", "y"]);
  const { steps, title = "Schedule", y = "learning rate" } = options;
  const at = Array.from({ length: steps }, (_, i) => i);
  const named = typeof schedules === "function" ? { "": schedules } : schedules;
  const data = Object.fromEntries(Object.entries(named).map(([name, f]) => [name, at.map((step) => f(step))]));
  return line(typeof schedules === "function" ? (data[""] as number[]) : data, { title, y, at, points: false });
}
