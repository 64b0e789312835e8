/**
 * What is wrong with detections, by the kinds of TIDE (D. Bolya et al., "TIDE: a general toolbox for identifying object
 * detection errors", ECCV 2020). With o the greatest overlap of a detection with an object, t and b the two thresholds:
 *
 *     right         o ≥ t with a free object of its class
 *     duplicate     o ≥ t with an object of its class that a detection with a higher score has found
 *     class         o ≥ t with an object of another class
 *     localisation  b ≤ o < t with an object of its class
 *     both          b ≤ o < t with an object of another class
 *     background    o < b with every object
 *
 * An object is missed if no detection of its place (right, duplicate, class) or near it (localisation) speaks of it.
 */

import { checkOptions, locate, OptionError } from "@prewitt/core";
import { type Box, overlapOf } from "./match-detections.ts";
import type { ImageDetections, ImageObjects } from "./mean-average-precision.ts";

export type DetectionVerdict = "right" | "duplicate" | "class" | "localisation" | "both" | "background";

export interface DetectionErrorsOptions {
  /** Detections with lower scores are left out. Default 0.5. */
  readonly scoreThreshold?: number | undefined;
  /** t: overlap from which a detection may be right. Default 0.5. */
  readonly iouThreshold?: number | undefined;
  /** b: overlap below which a detection is taken for background. Default 0.1. */
  readonly backgroundThreshold?: number | undefined;
}

export interface DetectionErrors {
  /** One of each detection; `undefined` for those below the score threshold. */
  readonly verdicts: readonly (DetectionVerdict | undefined)[];
  /** Positions of the objects that no detection speaks of. */
  readonly missed: readonly number[];
}

/**
 * Judges the detections of one image. Scores need not be sorted. Throws `OptionError`.
 *
 * @example
 * const { verdicts, missed } = detectionErrors(found, { boxes, classes }, { scoreThreshold: 0.3 });
 */
export function detectionErrors(
  detections: ImageDetections,
  objects: ImageObjects,
  options: DetectionErrorsOptions = {},
): DetectionErrors {
  const { scoreThreshold, iouThreshold, backgroundThreshold } = checked(options);
  const there = boxesOf(objects);
  const found = boxesOf(detections);
  const taken = there.map(() => false);
  const spoken = there.map(() => false);
  const verdicts: (DetectionVerdict | undefined)[] = found.map(() => undefined);
  const score = (i: number): number => detections.scores[i] as number;
  const order = found.map((_, i) => i).filter((i) => score(i) >= scoreThreshold);
  for (const i of order.sort((a, b) => score(b) - score(a) || a - b)) {
    const overlaps = there.map((object) => overlapOf(found[i] as Box, object));
    const best = (fits: (k: number) => boolean): number =>
      overlaps.reduce((most, o, k) => (fits(k) && (most < 0 || o > (overlaps[most] as number)) ? k : most), -1);
    const same = (k: number): boolean => objects.classes[k] === detections.classes[i];
    const covers = (k: number, least: number): boolean => k >= 0 && (overlaps[k] as number) >= least;
    const [own, free, other] = [best(same), best((k) => same(k) && !taken[k]), best((k) => !same(k))];
    if (covers(free, iouThreshold)) {
      verdicts[i] = "right";
      taken[free] = true;
      spoken[free] = true;
    } else if (covers(own, iouThreshold)) verdicts[i] = "duplicate";
    else if (covers(other, iouThreshold)) {
      verdicts[i] = "class";
      spoken[other] = true;
    } else if (covers(own, backgroundThreshold)) {
      verdicts[i] = "localisation";
      spoken[own] = true;
    } else verdicts[i] = covers(other, backgroundThreshold) ? "both" : "background";
  }
  return { verdicts, missed: there.flatMap((_, k) => (spoken[k] ? [] : [k])) };
}

function boxesOf({ boxes, classes }: ImageObjects): Box[] {
  return Array.from(classes, (_, i) => ({
    corners: [0, 1, 2, 3].map((side) => boxes[4 * i + side]) as unknown as Box["corners"],
  }));
}

function checked(options: DetectionErrorsOptions): { readonly [K in keyof DetectionErrorsOptions]-?: number } {
  const op = "detectionErrors";
  checkOptions(op, options, ["scoreThreshold", "iouThreshold", "backgroundThreshold"]);
  const { scoreThreshold = 0.5, iouThreshold = 0.5, backgroundThreshold = 0.1 } = options;
  const fits = backgroundThreshold > 0 && backgroundThreshold <= iouThreshold && iouThreshold <= 1;
  if (fits && !Number.isNaN(scoreThreshold)) return { scoreThreshold, iouThreshold, backgroundThreshold };
  throw locate(
    new OptionError({
      op,
      summary: "thresholds must be numbers with 0 < backgroundThreshold ≤ iouThreshold ≤ 1",
      problems: [
        `scoreThreshold is ${scoreThreshold}, iouThreshold ${iouThreshold}, backgroundThreshold ${backgroundThreshold}`,
      ],
      fix: "write { iouThreshold: 0.5, backgroundThreshold: 0.1 }",
    }),
  );
}
