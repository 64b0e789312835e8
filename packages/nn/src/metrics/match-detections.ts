/**
 * Matching detections to objects in one image, by the rules of the COCO evaluation (T.-Y. Lin et al., "Microsoft COCO", 2014;
 * `COCOeval.evaluateImg`), without crowds.
 *
 * Detections are taken by falling score. Each takes the free object that it overlaps most, if by the threshold or more;
 * objects that count come before those that do not (outside the range of areas), and of equal overlaps the last wins. A
 * detection counts as neither right nor wrong if its object does not count, or if it has none and its own area is outside.
 */

export interface Box {
  /** x1, y1, x2, y2 */
  readonly corners: readonly [number, number, number, number];
}

export interface Detection extends Box {
  readonly score: number;
}

export interface Judged {
  readonly score: number;
  /** Whether it found an object, at each threshold. */
  readonly right: readonly boolean[];
  /** Whether it does not count, at each threshold. */
  readonly ignored: readonly boolean[];
}

export function areaOf({ corners: [x1, y1, x2, y2] }: Box): number {
  return (x2 - x1) * (y2 - y1);
}

export function overlapOf(a: Box, b: Box): number {
  const [ax1, ay1, ax2, ay2] = a.corners;
  const [bx1, by1, bx2, by2] = b.corners;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const height = Math.min(ay2, by2) - Math.max(ay1, by1);
  if (!(width > 0 && height > 0)) return 0;
  return (width * height) / (areaOf(a) + areaOf(b) - width * height);
}

/** Position of the object that a detection takes, or −1. Objects that do not count come last. */
function choose(overlaps: readonly number[], taken: readonly boolean[], counting: number, threshold: number): number {
  let best = -1;
  let least = Math.min(threshold, 1 - 1e-10);
  for (let g = 0; g < overlaps.length; g++) {
    if (taken[g]) continue;
    if (best >= 0 && best < counting && g >= counting) break;
    if ((overlaps[g] as number) < least) continue;
    least = overlaps[g] as number;
    best = g;
  }
  return best;
}

/** @param detections By falling score. */
export function matchDetections(
  detections: readonly Detection[],
  objects: readonly Box[],
  thresholds: readonly number[],
  inside: (area: number) => boolean,
): { readonly judged: readonly Judged[]; readonly counting: number } {
  const counts = (box: Box): boolean => inside(areaOf(box));
  const ordered = [...objects.filter(counts), ...objects.filter((o) => !counts(o))];
  const counting = objects.filter(counts).length;
  const overlaps = detections.map((d) => ordered.map((o) => overlapOf(d, o)));
  const found = thresholds.map((threshold) => {
    const taken = ordered.map(() => false);
    return overlaps.map((row) => {
      const g = choose(row, taken, counting, threshold);
      if (g >= 0) taken[g] = true;
      return g;
    });
  });
  const judged = detections.map((d, i) => ({
    score: d.score,
    right: found.map((list) => (list[i] as number) >= 0),
    ignored: found.map((list) => {
      const g = list[i] as number;
      return g >= 0 ? g >= counting : !counts(d);
    }),
  }));
  return { judged, counting };
}
