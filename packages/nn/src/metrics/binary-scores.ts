/**
 * Curves of a yes-or-no decision over all thresholds: receiver operating characteristic, precision and recall.
 *
 * Samples of one score are decided together, so a curve has one point for each different score. Areas: by trapezoids under
 * the ROC (which makes it the share of pairs in the right order, ties half), by steps under precision and recall (which does
 * not interpolate: Σ (R_i − R_{i−1}) P_i), as scikit-learn has them.
 */

import { DataError, locate, OptionError } from "@prewitt/core";
import { checkLengths } from "./accuracy.ts";

/** Points by falling threshold; the first has the threshold ∞, where nothing is positive. */
export interface RocCurve {
  /** Share of the negatives above the threshold, one minus specificity. */
  readonly falsePositiveRate: Float64Array;
  /** Share of the positives above the threshold: sensitivity, recall. */
  readonly truePositiveRate: Float64Array;
  /** A sample is positive at a score of the threshold or more. */
  readonly thresholds: Float64Array;
}

/** Points by falling threshold; the first has recall 0 and precision 1. */
export interface PrecisionRecallCurve {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly thresholds: Float64Array;
}

/** True and false positives at each different score, falling. */
interface Steps {
  readonly thresholds: readonly number[];
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
}

/**
 * Scores and labels, batch after batch.
 *
 * @example
 * const scores = new BinaryScores();
 * scores.add(await logits.data(), await labels.data());
 * console.log(scores.auc, scores.averagePrecision, scores.sensitivityAt(0.95));
 */
export class BinaryScores {
  readonly #scores: number[] = [];
  readonly #labels: boolean[] = [];
  #steps: Steps | undefined;

  /**
   * Takes one batch. A higher score means yes: logits or probabilities. Labels are 0 or 1. Throws `ShapeError` for different
   * lengths, `DataError` for a score that is NaN or a label that is neither; nothing is taken then.
   */
  add(scores: ArrayLike<number>, labels: ArrayLike<number>): this {
    checkLengths("BinaryScores", scores, labels);
    for (let i = 0; i < labels.length; i++) {
      const [score, label] = [scores[i] as number, labels[i] as number];
      if (!Number.isNaN(score) && (label === 0 || label === 1)) continue;
      throw locate(
        new DataError({
          op: "BinaryScores",
          summary: Number.isNaN(score) ? `score ${i} is NaN` : `label ${i} is ${label}, neither 0 nor 1`,
          fix: "pass one score and one label of 0 or 1 for each sample",
        }),
      );
    }
    for (let i = 0; i < labels.length; i++) {
      this.#scores.push(scores[i] as number);
      this.#labels.push(labels[i] === 1);
    }
    this.#steps = undefined;
    return this;
  }

  /** Number of samples. */
  get count(): number {
    return this.#labels.length;
  }

  /** Number of samples whose label is 1. */
  get positives(): number {
    return this.#labels.filter(Boolean).length;
  }

  reset(): void {
    this.#scores.length = 0;
    this.#labels.length = 0;
    this.#steps = undefined;
  }

  #walk(): Steps {
    if (this.#steps !== undefined) return this.#steps;
    const order = this.#scores
      .map((_, i) => i)
      .sort((a, b) => (this.#scores[b] as number) - (this.#scores[a] as number));
    const [thresholds, truePositives, falsePositives] = [[] as number[], [] as number[], [] as number[]];
    let [right, wrong] = [0, 0];
    order.forEach((i, k) => {
      if (this.#labels[i]) right++;
      else wrong++;
      const next = order[k + 1];
      if (next !== undefined && this.#scores[next] === this.#scores[i]) return;
      thresholds.push(this.#scores[i] as number);
      truePositives.push(right);
      falsePositives.push(wrong);
    });
    this.#steps = { thresholds, truePositives, falsePositives };
    return this.#steps;
  }

  /** NaN throughout a rate of which there are no samples. */
  rocCurve(): RocCurve {
    const { thresholds, truePositives, falsePositives } = this.#walk();
    const positives = this.positives;
    const negatives = this.count - positives;
    return {
      falsePositiveRate: Float64Array.from([0, ...falsePositives], (n) => n / negatives),
      truePositiveRate: Float64Array.from([0, ...truePositives], (n) => n / positives),
      thresholds: Float64Array.from([Number.POSITIVE_INFINITY, ...thresholds]),
    };
  }

  precisionRecallCurve(): PrecisionRecallCurve {
    const { thresholds, truePositives, falsePositives } = this.#walk();
    const positives = this.positives;
    const precision = truePositives.map((right, i) => right / (right + (falsePositives[i] as number)));
    return {
      precision: Float64Array.from([1, ...precision]),
      recall: Float64Array.from([0, ...truePositives], (n) => n / positives),
      thresholds: Float64Array.from([Number.POSITIVE_INFINITY, ...thresholds]),
    };
  }

  /** Area under the ROC curve; NaN unless there are samples of both kinds. */
  get auc(): number {
    const { falsePositiveRate: x, truePositiveRate: y } = this.rocCurve();
    let area = 0;
    for (let i = 1; i < x.length; i++) {
      area += ((x[i] as number) - (x[i - 1] as number)) * ((y[i] as number) + (y[i - 1] as number)) * 0.5;
    }
    return area;
  }

  /** Mean precision over the recall; NaN without positives. */
  get averagePrecision(): number {
    const { precision, recall } = this.precisionRecallCurve();
    let area = 0;
    for (let i = 1; i < recall.length; i++) {
      area += ((recall[i] as number) - (recall[i - 1] as number)) * (precision[i] as number);
    }
    return area;
  }

  /**
   * The highest sensitivity at which the specificity is still `specificity`, from 0 to 1, or more. Throws `OptionError`
   * outside that range.
   *
   * @example scores.sensitivityAt(0.95)   // of lesions found, with one false alarm in twenty healthy images
   */
  sensitivityAt(specificity: number): number {
    if (!(specificity >= 0 && specificity <= 1)) {
      throw locate(
        new OptionError({
          op: "sensitivityAt",
          summary: `specificity must be a number from 0 to 1, got ${specificity}`,
          fix: "write sensitivityAt(0.95)",
        }),
      );
    }
    const { truePositives, falsePositives } = this.#walk();
    const positives = this.positives;
    const negatives = this.count - positives;
    let best = 0;
    falsePositives.forEach((wrong, i) => {
      if (negatives - wrong >= specificity * negatives) best = truePositives[i] as number;
    });
    return best / positives;
  }
}

/** Area under the ROC curve of scores and labels (0 or 1): see `BinaryScores`. */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return new BinaryScores().add(scores, labels).auc;
}

/** Average precision of scores and labels (0 or 1): see `BinaryScores`. */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return new BinaryScores().add(scores, labels).averagePrecision;
}
