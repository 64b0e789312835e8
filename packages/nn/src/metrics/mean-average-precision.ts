/**
 * Mean average precision of object detection, by the definition of COCO (`COCOeval`): for each class and each overlap
 * threshold 0.5, 0.55 … 0.95, the precision at 101 recalls 0, 0.01 … 1, where the precision at a recall is the highest at
 * that recall or beyond; averaged over recalls, thresholds, and the classes that have objects.
 */

import { checkOptions, DataError, locate, OptionError, ShapeError } from "@prewitt/core";
import { type Box, type Detection, type Judged, matchDetections } from "./match-detections.ts";

/** Objects of one image: boxes [N, 4] (x1, y1, x2, y2) in row-major order, and the class of each. */
export interface ImageObjects {
  readonly boxes: ArrayLike<number>;
  readonly classes: ArrayLike<number>;
}

/** Detections of one image: objects with scores. */
export interface ImageDetections extends ImageObjects {
  readonly scores: ArrayLike<number>;
}

export interface MeanAveragePrecisionOptions {
  /** Overlaps from which a detection may count as right. Default 0.5, 0.55 … 0.95. */
  readonly iouThresholds?: readonly number[] | undefined;
  /** Detections of an image and class that count, the best ones. Default 100. */
  readonly maxDetections?: number | undefined;
}

export interface AreaOptions {
  /** Areas that count, both included, for objects and for detections that found none. COCO: small objects are [0, 32²]. */
  readonly area?: readonly [least: number, most: number] | undefined;
}

export interface DetectionResult {
  /** Mean over thresholds and classes. */
  readonly map: number;
  /** At the threshold 0.5; NaN if it is not among the thresholds. */
  readonly map50: number;
  /** At the threshold 0.75; NaN if it is not among the thresholds. */
  readonly map75: number;
  /** Mean over thresholds of each class; NaN for a class without objects. */
  readonly perClass: readonly number[];
  /** Share of the objects found, mean over thresholds and classes. */
  readonly recall: number;
}

export interface PrecisionRecallOptions {
  /** One of the metric's overlap thresholds. Default 0.5. */
  readonly iouThreshold?: number | undefined;
  /** Number of a class. Default: the mean over the classes that have objects. */
  readonly class?: number | undefined;
}

interface Scene {
  readonly detections: readonly (readonly Detection[])[];
  readonly objects: readonly (readonly Box[])[];
}

const RECALLS = 101;

function mean(values: readonly number[]): number {
  const known = values.filter((v) => !Number.isNaN(v));
  return known.reduce((a, b) => a + b, 0) / known.length;
}

/**
 * Detections and objects, image after image.
 *
 * @example
 * const metric = new MeanAveragePrecision(["digit", "letter"]);
 * metric.add({ boxes, scores, classes }, { boxes: truth, classes: truthClasses });
 * console.log(metric.value, metric.result().map50);
 */
export class MeanAveragePrecision {
  readonly names: readonly string[];
  readonly iouThresholds: readonly number[];
  readonly maxDetections: number;
  readonly #scenes: Scene[] = [];

  /** @param classes The number of classes, or their names. Throws `OptionError`. */
  constructor(classes: number | readonly string[], options: MeanAveragePrecisionOptions = {}) {
    const op = "MeanAveragePrecision";
    checkOptions(op, options, ["iouThresholds", "maxDetections"]);
    const { iouThresholds = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100), maxDetections = 100 } = options;
    this.names =
      typeof classes === "number" ? Array.from({ length: Math.max(0, classes) }, (_, i) => `${i}`) : [...classes];
    const problems = [
      ...(this.names.length > 0 && (typeof classes !== "number" || Number.isSafeInteger(classes))
        ? []
        : [`${String(classes)} is no number of classes`]),
      ...(iouThresholds.length > 0 && iouThresholds.every((t) => t > 0 && t <= 1)
        ? []
        : [`iouThresholds are [${iouThresholds.join(", ")}], not numbers above 0 and up to 1`]),
      ...(Number.isSafeInteger(maxDetections) && maxDetections > 0 ? [] : [`maxDetections is ${maxDetections}`]),
    ];
    if (problems.length > 0) {
      const fix = "write new MeanAveragePrecision(20)";
      throw locate(new OptionError({ op, summary: "options out of range", problems, fix }));
    }
    this.iouThresholds = [...iouThresholds];
    this.maxDetections = maxDetections;
  }

  /**
   * Takes one image; either may be empty. Throws `ShapeError` for lengths that do not fit, `DataError` for a class outside
   * 0 … classes − 1, a score that is NaN or a box that is not finite.
   */
  add(detections: ImageDetections, objects: ImageObjects): this {
    const found = this.#byClass("detections", detections, detections.scores);
    const there = this.#byClass("objects", objects, undefined);
    this.#scenes.push({
      detections: found.map((list) => list.sort((a, b) => b.score - a.score).slice(0, this.maxDetections)),
      objects: there,
    });
    return this;
  }

  /** Number of images. */
  get count(): number {
    return this.#scenes.length;
  }

  /** The mean average precision; NaN without objects. */
  get value(): number {
    return this.result().map;
  }

  reset(): void {
    this.#scenes.length = 0;
  }

  /** All figures; of a range of areas if one is given. */
  result(options: AreaOptions = {}): DetectionResult {
    checkOptions("MeanAveragePrecision.result", options, ["area"]);
    const [least, most] = options.area ?? [0, Number.POSITIVE_INFINITY];
    const classes = this.names.map((_, c) => this.#ofClass(c, (area) => area >= least && area <= most));
    const at = (threshold: number): number => {
      const k = this.iouThresholds.findIndex((t) => Math.abs(t - threshold) < 1e-9);
      return k < 0 ? Number.NaN : mean(classes.map((list) => (list[k] as ClassFigures).precision));
    };
    const perClass = classes.map((list) => mean(list.map((f) => f.precision)));
    return {
      map: mean(classes.flatMap((list) => list.map((f) => f.precision))),
      map50: at(0.5),
      map75: at(0.75),
      perClass,
      recall: mean(classes.flatMap((list) => list.map((f) => f.recall))),
    };
  }

  /**
   * Precision at the 101 recalls 0, 0.01 … 1: the curve whose mean is the average precision, as `charts.precisionRecall`
   * takes it. Where a recall is not reached the precision is 0. Throws `OptionError` for a threshold or a class that the
   * metric does not have.
   *
   * @example charts.precisionRecall({ detector: metric.precisionRecall({ iouThreshold: 0.5 }) })
   */
  precisionRecall(options: PrecisionRecallOptions = {}): { readonly x: Float64Array; readonly y: Float64Array } {
    const op = "MeanAveragePrecision.precisionRecall";
    checkOptions(op, options, ["iouThreshold", "class"]);
    const { iouThreshold = 0.5, class: only } = options;
    const k = this.iouThresholds.findIndex((t) => Math.abs(t - iouThreshold) < 1e-9);
    const problems = [
      ...(k >= 0 ? [] : [`iouThreshold is ${iouThreshold}, the metric has ${this.iouThresholds.join(", ")}`]),
      ...(only === undefined || only in this.names ? [] : [`class is ${only}, outside 0 … ${this.names.length - 1}`]),
    ];
    if (problems.length > 0) {
      const fix = `write iouThreshold: ${this.iouThresholds[0]}, or give the metric other iouThresholds`;
      throw locate(new OptionError({ op, summary: "the metric has no such curve", problems, fix }));
    }
    const curves = (only === undefined ? this.names.map((_, c) => c) : [only])
      .map((c) => (this.#ofClass(c, () => true)[k] as ClassFigures).curve)
      .filter((curve) => curve !== undefined);
    return {
      x: Float64Array.from({ length: RECALLS }, (_, r) => r / (RECALLS - 1)),
      y: Float64Array.from({ length: RECALLS }, (_, r) => mean(curves.map((curve) => curve[r] as number))),
    };
  }

  #ofClass(c: number, inside: (area: number) => boolean): ClassFigures[] {
    const matched = this.#scenes.map(({ detections, objects }) =>
      matchDetections(detections[c] as readonly Detection[], objects[c] as readonly Box[], this.iouThresholds, inside),
    );
    const objects = matched.reduce((n, m) => n + m.counting, 0);
    const judged = matched.flatMap((m) => m.judged).sort((a, b) => b.score - a.score);
    return this.iouThresholds.map((_, k) => figuresOf(judged, k, objects));
  }

  #byClass(what: string, { boxes, classes }: ImageObjects, scores: ArrayLike<number> | undefined): Detection[][] {
    const op = "MeanAveragePrecision";
    if (boxes.length !== 4 * classes.length || (scores !== undefined && scores.length !== classes.length)) {
      throw locate(
        new ShapeError({
          op,
          summary: `${what} need four numbers, one class${scores === undefined ? "" : " and one score"} for each box`,
          problems: [
            `${boxes.length} numbers, ${classes.length} classes${scores === undefined ? "" : `, ${scores.length} scores`}`,
          ],
          fix: "pass boxes [N, 4], classes [N] and scores [N]",
        }),
      );
    }
    const lists: Detection[][] = this.names.map(() => []);
    for (let i = 0; i < classes.length; i++) {
      const corners = [0, 1, 2, 3].map((side) => boxes[4 * i + side]) as unknown as Box["corners"];
      const score = scores?.[i] ?? 1;
      const list = lists[classes[i] as number];
      if (list === undefined || Number.isNaN(score) || !corners.every(Number.isFinite)) {
        throw locate(
          new DataError({
            op,
            summary: `box ${i} of ${what} has class ${classes[i]}, score ${score} and corners ${corners.join(", ")}`,
            fix: `pass classes 0 … ${this.names.length - 1}, scores and finite corners`,
          }),
        );
      }
      list.push({ corners, score });
    }
    return lists;
  }
}

interface ClassFigures {
  /** Precision at each recall; none without objects. */
  readonly curve: Float64Array | undefined;
  readonly precision: number;
  readonly recall: number;
}

/** Of one class at threshold `k`; NaN without objects. */
function figuresOf(judged: readonly Judged[], k: number, objects: number): ClassFigures {
  if (objects === 0) return { curve: undefined, precision: Number.NaN, recall: Number.NaN };
  const [recalls, precisions] = [[] as number[], [] as number[]];
  let [right, wrong] = [0, 0];
  for (const j of judged) {
    if (j.ignored[k]) continue;
    if (j.right[k]) right++;
    else wrong++;
    recalls.push(right / objects);
    precisions.push(right / (right + wrong));
  }
  for (let i = precisions.length - 2; i >= 0; i--) {
    precisions[i] = Math.max(precisions[i] as number, precisions[i + 1] as number);
  }
  const curve = new Float64Array(RECALLS);
  let at = 0;
  for (let r = 0; r < RECALLS; r++) {
    while (at < recalls.length && (recalls[at] as number) < r / (RECALLS - 1)) at++;
    curve[r] = precisions[at] ?? 0;
  }
  return { curve, precision: curve.reduce((a, b) => a + b, 0) / RECALLS, recall: right / objects };
}
