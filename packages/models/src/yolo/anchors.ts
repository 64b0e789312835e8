/**
 * Anchors: the box sizes that a detector's predictions start from, as clusters of the sizes in the training set
 * (J. Redmon, A. Farhadi, "YOLO9000: better, faster, stronger", CVPR 2017, "Dimension clusters"): k-means with the distance
 * 1 − overlap, where two sizes overlap as boxes with one centre do.
 */

import { locate, OptionError } from "@prewitt/core";
import { demandCount } from "../options.ts";

/** Pixels. */
export type Anchor = readonly [width: number, height: number];

/** Intersection over union of two boxes with one centre. */
export function sizeOverlap([w1, h1]: Anchor, [w2, h2]: Anchor): number {
  const both = Math.min(w1, w2) * Math.min(h1, h2);
  return both / (w1 * h1 + w2 * h2 - both);
}

/** Throws `OptionError` unless all anchors are two positive numbers. */
export function checkAnchors(name: string, anchors: readonly Anchor[]): void {
  const fits = (anchor: unknown): boolean =>
    Array.isArray(anchor) && anchor.length === 2 && anchor.every((n) => Number.isFinite(n) && n > 0);
  if (Array.isArray(anchors) && anchors.length > 0 && anchors.every(fits)) return;
  throw locate(
    new OptionError({
      op: name,
      summary: "anchors must be pairs of a width and a height in pixels, at least one",
      problems: [`got ${JSON.stringify(anchors)}`],
      fix: "write anchors: [[16, 16], [32, 32]], or use clusterAnchors",
    }),
  );
}

/**
 * `count` anchors for boxes of the given sizes, by rising area. The clusters begin at quantiles of the area, so the same
 * sizes give the same anchors. Throws `OptionError` for fewer sizes than anchors and for sizes that are not positive.
 *
 * @example const anchors = clusterAnchors(scenes.flatMap(({ boxes }) => boxes.map(([x1, y1, x2, y2]) => [x2 - x1, y2 - y1])), 3);
 */
export function clusterAnchors(sizes: readonly Anchor[], count: number): Anchor[] {
  demandCount("clusterAnchors", "count", count, 3);
  checkAnchors("clusterAnchors", sizes);
  if (sizes.length < count) {
    throw locate(
      new OptionError({
        op: "clusterAnchors",
        summary: `${sizes.length} sizes cannot make ${count} clusters`,
        fix: `pass more sizes, or ask for ${sizes.length} anchors`,
      }),
    );
  }
  const area = ([w, h]: Anchor): number => w * h;
  const sorted = [...sizes].sort((a, b) => area(a) - area(b));
  let anchors = Array.from({ length: count }, (_, k): Anchor => {
    const [w, h] = sorted[Math.floor(((k + 0.5) * sorted.length) / count)] as Anchor;
    return [w, h];
  });
  for (let round = 0; round < 100; round++) {
    const sums = anchors.map(() => [0, 0, 0] as [number, number, number]);
    for (const size of sorted) {
      const sum = sums[nearest(size, anchors)] as [number, number, number];
      sum[0] += size[0];
      sum[1] += size[1];
      sum[2]++;
    }
    const moved = sums.map(([w, h, n], k): Anchor => (n === 0 ? (anchors[k] as Anchor) : [w / n, h / n]));
    const still = moved.every(([w, h], k) => w === anchors[k]?.[0] && h === anchors[k]?.[1]);
    anchors = moved;
    if (still) break;
  }
  return anchors.sort((a, b) => area(a) - area(b));
}

function nearest(size: Anchor, anchors: readonly Anchor[]): number {
  let best = 0;
  anchors.forEach((anchor, k) => {
    if (sizeOverlap(size, anchor) > sizeOverlap(size, anchors[best] as Anchor)) best = k;
  });
  return best;
}
