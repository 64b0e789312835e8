/**
 * Confusion matrix: how often each true class (row) was predicted as each class (column).
 */

import { checkOptions, IndexError, locate, OptionError } from "@prewitt/core";
import { checkLengths } from "./accuracy.ts";

export interface ConfusionMatrixOptions {
  /** Label whose samples do not count, for example 255 for pixels that nobody has labelled. Default: all count. */
  readonly ignoreIndex?: number | undefined;
}

/** What is known of every class. */
export type ClassMetric = "precision" | "recall" | "f1" | "iou";

/**
 * Counts predictions, batch after batch: of images, or of pixels.
 *
 * @example
 * const matrix = new ConfusionMatrix(10);
 * matrix.add(await logits.argmax(1).data(), await labels.data());
 * console.log(`${matrix}`, matrix.accuracy);
 */
export class ConfusionMatrix {
  readonly classes: number;
  /** Shown in the margins. */
  readonly names: readonly string[];
  /** Row-major, true class times `classes` plus predicted class. */
  readonly counts: Float64Array;
  readonly ignoreIndex: number | undefined;

  /** @param classes The number of classes, or their names. Throws `OptionError` for less than one. */
  constructor(classes: number | readonly string[], options: ConfusionMatrixOptions = {}) {
    checkOptions("ConfusionMatrix", options, ["ignoreIndex"]);
    this.ignoreIndex = options.ignoreIndex;
    const names =
      typeof classes === "number" ? Array.from({ length: Math.max(0, classes) }, (_, i) => `${i}`) : classes;
    if (names.length < 1 || (typeof classes === "number" && !Number.isSafeInteger(classes))) {
      throw locate(
        new OptionError({
          op: "ConfusionMatrix",
          summary: `${String(classes)} is no number of classes`,
          fix: "write new ConfusionMatrix(10)",
        }),
      );
    }
    this.classes = names.length;
    this.names = [...names];
    this.counts = new Float64Array(names.length ** 2);
  }

  /**
   * Counts one batch. Throws `ShapeError` for different lengths, `IndexError` for a class outside 0 … classes − 1; nothing
   * is counted then.
   */
  add(predicted: ArrayLike<number>, labels: ArrayLike<number>): this {
    checkLengths("ConfusionMatrix", predicted, labels);
    for (const [what, list] of [["label", labels] as const, ["prediction", predicted] as const]) {
      for (let i = 0; i < list.length; i++) {
        const c = list[i] as number;
        if (labels[i] === this.ignoreIndex) continue;
        if (Number.isInteger(c) && c >= 0 && c < this.classes) continue;
        throw locate(
          new IndexError({
            op: "ConfusionMatrix",
            summary: `${what} ${i} is ${c}, outside 0 … ${this.classes - 1}`,
            fix: "pass class indices, or more classes",
          }),
        );
      }
    }
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] === this.ignoreIndex) continue;
      const at = (labels[i] as number) * this.classes + (predicted[i] as number);
      this.counts[at] = (this.counts[at] as number) + 1;
    }
    return this;
  }

  /** How often class `label` was predicted as class `predicted`. */
  at(label: number, predicted: number): number {
    return this.counts[label * this.classes + predicted] ?? 0;
  }

  /** Number of samples. */
  get total(): number {
    return this.counts.reduce((a, b) => a + b, 0);
  }

  /** Share on the diagonal; NaN without samples. */
  get accuracy(): number {
    let right = 0;
    for (let c = 0; c < this.classes; c++) right += this.at(c, c);
    return right / this.total;
  }

  /** Share of each true class that was found; NaN for a class without samples. */
  get recall(): number[] {
    return this.names.map((_, c) => this.at(c, c) / this.names.reduce((sum, _name, p) => sum + this.at(c, p), 0));
  }

  /** Share of each class's predictions that were right; NaN for a class that was never predicted. */
  get precision(): number[] {
    return this.names.map((_, c) => this.at(c, c) / this.names.reduce((sum, _name, l) => sum + this.at(l, c), 0));
  }

  /**
   * 2 TP / (2 TP + FP + FN) of each class: the harmonic mean of precision and recall, and of pixels the Dice coefficient.
   * NaN for a class that neither labels nor predictions have.
   */
  get f1(): number[] {
    return this.#shares((right, labelled, predicted) => (2 * right) / (labelled + predicted));
  }

  /** TP / (TP + FP + FN) of each class: intersection over union of pixels. NaN for a class that nothing has. */
  get iou(): number[] {
    return this.#shares((right, labelled, predicted) => right / (labelled + predicted - right));
  }

  /** Mean of `iou` over the classes that labels or predictions have. */
  get meanIou(): number {
    return this.macro("iou");
  }

  /**
   * Mean of a metric over the classes that have it: each counts alike, however rare. The micro average of precision, recall
   * and F1 is `accuracy`, because each sample has one class.
   *
   * @example matrix.macro("f1")
   */
  macro(metric: ClassMetric): number {
    const known = this[metric].filter((value) => !Number.isNaN(value));
    return known.reduce((a, b) => a + b, 0) / known.length;
  }

  /** Forgets all counts. */
  reset(): void {
    this.counts.fill(0);
  }

  #shares(share: (right: number, labelled: number, predicted: number) => number): number[] {
    return this.names.map((_, c) => {
      let [labelled, predicted] = [0, 0];
      for (let other = 0; other < this.classes; other++) {
        labelled += this.at(c, other);
        predicted += this.at(other, c);
      }
      return share(this.at(c, c), labelled, predicted);
    });
  }

  /** An aligned table: rows are true classes, columns predicted ones, with recall behind each row. */
  toString(): string {
    const recall = this.recall.map((r) => (Number.isNaN(r) ? "–" : `${(100 * r).toFixed(1)} %`));
    const cell = (label: number, predicted: number): string => {
      const n = this.at(label, predicted);
      return n === 0 ? "·" : `${n}`;
    };
    const rows = [
      ["true \\ predicted", ...this.names, "recall"],
      ...this.names.map((name, c) => [name, ...this.names.map((_, p) => cell(c, p)), recall[c] as string]),
    ];
    const widths = (rows[0] as string[]).map((_, i) => Math.max(...rows.map((row) => [...(row[i] as string)].length)));
    return rows.map((row) => row.map((text, i) => text.padStart(widths[i] as number)).join("  ")).join("\n");
  }
}

/** The confusion matrix of two lists of class indices. */
export function confusionMatrix(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number | readonly string[],
): ConfusionMatrix {
  return new ConfusionMatrix(classes).add(predicted, labels);
}
