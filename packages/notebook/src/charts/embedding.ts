/**
 * Embeddings in the plane: their first two principal components, by power iteration with deflation on the centred points.
 */

import { checkOptions, isTensor, OptionError, type Tensor } from "@prewitt/core";
import type { Chart } from "./chart.ts";
import { scatter } from "./scatter.ts";

export interface EmbeddingOptions {
  readonly title?: string | undefined;
  /** A class name or number for each point. */
  readonly labels?: readonly (string | number)[] | undefined;
  /** Side of the square in pixels (default 420). */
  readonly size?: number | undefined;
}

const ITERATIONS = 100;

/**
 * Points [N, D] on the two directions in which they vary most, which the axes name with their share of the variance.
 *
 * Throws `OptionError` for unknown options, fewer than two points or dimensions, and another number of labels.
 *
 * @example charts.embedding(features, { labels: names, title: "Features of the test digits" })
 */
export function embedding(points: Tensor | readonly ArrayLike<number>[], options: EmbeddingOptions = {}): Chart {
  checkOptions("charts.embedding", options, ["title", "labels", "size"]);
  const rows = rowsOf(points);
  const centred = centre(rows);
  const total = centred.reduce((sum, row) => sum + dot(row, row), 0);
  const first = component(centred);
  const left = centred.map((row, i) => minus(row, first.direction, first.scores[i] as number));
  const second = component(left);
  const share = (scores: readonly number[]): string =>
    `${(total === 0 ? 0 : (100 * scores.reduce((sum, v) => sum + v * v, 0)) / total).toFixed(0)} % of the variance`;
  return scatter(
    first.scores.map((v, i) => [v, second.scores[i] as number] as const),
    { ...options, x: `component 1 (${share(first.scores)})`, y: `component 2 (${share(second.scores)})` },
  );
}

function rowsOf(points: Tensor | readonly ArrayLike<number>[]): number[][] {
  const shape = isTensor(points) ? points.shape : [points.length, points[0]?.length ?? 0];
  const [n = 0, d = 0] = shape;
  const rows = isTensor(points)
    ? Array.from({ length: shape.length === 2 ? n : 0 }, (_, i) =>
        Array.from((points.dataSync() as Float32Array).subarray(i * d, (i + 1) * d)),
      )
    : points.map((row) => Array.from(row));
  if (rows.length < 2 || d < 2 || rows.some((row) => row.length !== d)) {
    throw new OptionError({
      op: "charts.embedding",
      summary: `[${shape.join(", ")}] is no list of points`,
      fix: "pass [N, D] with at least two points and two dimensions",
    });
  }
  if (rows.some((row) => row.some((v) => !Number.isFinite(v)))) {
    throw new OptionError({ op: "charts.embedding", summary: "a point is not finite" });
  }
  return rows;
}

function centre(rows: readonly number[][]): number[][] {
  const mean = (rows[0] as number[]).map(
    (_, k) => rows.reduce((sum, row) => sum + (row[k] as number), 0) / rows.length,
  );
  return rows.map((row) => row.map((v, k) => v - (mean[k] as number)));
}

/**
 * The direction of greatest variance: v ← Xᵀ(X v), normalised. The start is the longest row, which lies in the span; the
 * sign is that of the direction's greatest entry, so that the same points give the same picture.
 */
function component(rows: readonly number[][]): { direction: number[]; scores: number[] } {
  let direction = unit(rows.reduce((a, b) => (dot(b, b) > dot(a, a) ? b : a)));
  for (let i = 0; i < ITERATIONS; i++) {
    const next = new Array<number>(direction.length).fill(0);
    for (const row of rows) {
      const score = dot(row, direction);
      for (let k = 0; k < next.length; k++) next[k] = (next[k] as number) + score * (row[k] as number);
    }
    const turned = unit(next);
    const still = 1 - Math.abs(dot(turned, direction)) < 1e-12;
    direction = turned;
    if (still) break;
  }
  const greatest = direction.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  if (greatest < 0) direction = direction.map((v) => -v);
  return { direction, scores: rows.map((row) => dot(row, direction)) };
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

function unit(v: readonly number[]): number[] {
  const length = Math.sqrt(dot(v, v)) || 1;
  return v.map((x) => x / length);
}

function minus(row: readonly number[], direction: readonly number[], score: number): number[] {
  return row.map((v, k) => v - score * (direction[k] as number));
}
