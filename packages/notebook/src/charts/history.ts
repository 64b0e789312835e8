/**
 * Learning curves of `nn.fit`: training and validation loss, or a metric of the validation data.
 */

import { checkOptions, OptionError } from "@prewitt/core";
import type { History } from "@prewitt/nn";
import type { Chart } from "./chart.ts";
import { line } from "./line.ts";

export interface HistoryOptions {
  readonly title?: string | undefined;
  /** "loss" (default), or the name of a metric that `fit` was given, such as "accuracy". */
  readonly metric?: string | undefined;
  /** Title of the axis upward, with its unit (default: the metric's name). */
  readonly y?: string | undefined;
  /** Exponential smoothing of a single epoch's steps, 0 … 0.99 (default 0.9 for 50 steps or more). */
  readonly smooth?: number | undefined;
  /** Logarithmic axis upward. */
  readonly log?: boolean | undefined;
}

/**
 * Curves by epoch; of a single epoch the losses of its steps.
 *
 * Throws `OptionError` for unknown options, an empty history and a metric that it does not have.
 *
 * @example
 * await display(charts.history(history, { y: "cross-entropy (nats)" }));
 * await display(charts.history(history, { metric: "accuracy" }));
 */
export function history(data: Pick<History, "losses" | "epochs">, options: HistoryOptions = {}): Chart {
  checkOptions("charts.history", options, ["title", "metric", "y", "smooth", "log"]);
  const { losses, epochs } = data;
  const { metric = "loss", y = metric, log } = options;
  if (losses.length === 0) throw new OptionError({ op: "charts.history", summary: "there is no step to draw" });
  const validation = epochs.map((epoch) => epoch.validation?.[metric]);
  const known = new Set(epochs.flatMap((epoch) => Object.keys(epoch.validation ?? {})));
  known.delete("samples");
  if (metric !== "loss" && !known.has(metric)) {
    throw new OptionError({
      op: "charts.history",
      summary: `the history has no "${metric}"`,
      problems: [`it has ${[...new Set(["loss", ...known])].join(", ")}`],
      fix: "give fit validation data and metrics: { accuracy }",
    });
  }
  const judged = validation.every((value) => value !== undefined);
  const title = options.title ?? (metric === "loss" ? "Loss" : `${metric} of the validation data`);
  if (metric === "loss" && epochs.length < 2) {
    const { smooth = losses.length >= 50 ? 0.9 : 0 } = options;
    return line([...losses], { title, y, smooth, log });
  }
  const curves = {
    ...(metric === "loss" && { training: epochs.map(({ loss }) => loss) }),
    ...(judged && { validation: validation as number[] }),
  };
  return line(curves, { title, x: "epoch", y, log });
}
