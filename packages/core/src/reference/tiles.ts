/**
 * Inner loops of `contract` and `conv`, over packed copies of the operands in float64 (int32 for integers).
 *
 * Every output is one running sum, taken in the order of the taps, so results depend on shapes alone, not on how outputs
 * are grouped. Four rows by two positions are computed at a time, to read each packed value fewer times.
 */

import type { TypedArray } from "../tensor/dtype.ts";

/** Rows that are computed together; weights are packed in groups of so many, the last group filled with zeros. */
export const ROWS = 4;

export function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}

/** The terms of a sum: where its factors lie in the packed source and the packed weights. */
export interface Taps {
  count: number;
  readonly source: Int32Array;
  readonly weight: Int32Array;
}

export function makeTaps(capacity: number): Taps {
  return { count: 0, source: new Int32Array(capacity), weight: new Int32Array(capacity) };
}

/** A line of positions in a packed array. */
export interface Line {
  readonly at: number;
  readonly step: number;
}

/** acc[row r, position p] += Σ_t weights[t, r] · source[t, p] for the four rows r, `pitch` apart, and `count` positions. */
export type AddTaps<A> = (
  acc: A,
  to: Line,
  pitch: number,
  source: A,
  from: Line,
  weights: A,
  weightAt: number,
  taps: Taps,
  count: number,
) => void;

export const addTaps: AddTaps<Float64Array> = (acc, to, pitch, source, from, weights, weightAt, taps, count) => {
  const { step } = to;
  const next = from.step;
  const terms = taps.count;
  const sources = taps.source;
  const places = taps.weight;
  let i = to.at;
  let j = from.at;
  let p = 0;
  for (; p + 1 < count; p += 2, i += 2 * step, j += 2 * next) {
    const i1 = i + pitch;
    const i2 = i1 + pitch;
    const i3 = i2 + pitch;
    let a0 = acc[i]!;
    let a1 = acc[i1]!;
    let a2 = acc[i2]!;
    let a3 = acc[i3]!;
    let b0 = acc[i + step]!;
    let b1 = acc[i1 + step]!;
    let b2 = acc[i2 + step]!;
    let b3 = acc[i3 + step]!;
    for (let t = 0; t < terms; t++) {
      const s = sources[t]! + j;
      const w = places[t]! + weightAt;
      const a = source[s]!;
      const b = source[s + next]!;
      const w0 = weights[w]!;
      const w1 = weights[w + 1]!;
      const w2 = weights[w + 2]!;
      const w3 = weights[w + 3]!;
      a0 += w0 * a;
      b0 += w0 * b;
      a1 += w1 * a;
      b1 += w1 * b;
      a2 += w2 * a;
      b2 += w2 * b;
      a3 += w3 * a;
      b3 += w3 * b;
    }
    acc[i] = a0;
    acc[i1] = a1;
    acc[i2] = a2;
    acc[i3] = a3;
    acc[i + step] = b0;
    acc[i1 + step] = b1;
    acc[i2 + step] = b2;
    acc[i3 + step] = b3;
  }
  if (p === count) return;
  for (let r = 0; r < ROWS; r++, i += pitch) {
    let a = acc[i]!;
    for (let t = 0; t < terms; t++) a += weights[places[t]! + weightAt + r]! * source[sources[t]! + j]!;
    acc[i] = a;
  }
};

/** The same in wrapping int32. */
export const addTapsInt: AddTaps<Int32Array> = (acc, to, pitch, source, from, weights, weightAt, taps, count) => {
  for (let r = 0; r < ROWS; r++) {
    for (let p = 0; p < count; p++) {
      const i = to.at + r * pitch + p * to.step;
      const j = from.at + p * from.step;
      for (let t = 0; t < taps.count; t++) {
        const w = weights[taps.weight[t]! + weightAt + r]!;
        acc[i]! += Math.imul(w, source[taps.source[t]! + j]!);
      }
    }
  }
};

/** A rectangle of positions in packed planes: plane q, row i, column j lies at `at + q · plane + i · row + j · step`. */
export interface Window {
  readonly at: number;
  readonly plane: number;
  readonly row: number;
  readonly step: number;
}

/** acc[r, q] += Σ_{i, j} left[r, i, j] · right[q, i, j] for four planes r, `pitch` apart, and two planes q, `next` apart. */
export type AddProducts<A> = (
  acc: A,
  at: number,
  pitch: number,
  next: number,
  left: A,
  a: Window,
  right: A,
  b: Window,
  rows: number,
  columns: number,
) => void;

export const addProducts: AddProducts<Float64Array> = (acc, at, pitch, next, left, a, right, b, rows, columns) => {
  const at1 = at + pitch;
  const at2 = at1 + pitch;
  const at3 = at2 + pitch;
  let a0 = acc[at]!;
  let a1 = acc[at1]!;
  let a2 = acc[at2]!;
  let a3 = acc[at3]!;
  let b0 = acc[at + next]!;
  let b1 = acc[at1 + next]!;
  let b2 = acc[at2 + next]!;
  let b3 = acc[at3 + next]!;
  const leftPlane = a.plane;
  const rightPlane = b.plane;
  const leftStep = a.step;
  const rightStep = b.step;
  for (let i = 0; i < rows; i++) {
    let s = a.at + i * a.row;
    let t = b.at + i * b.row;
    for (let j = 0; j < columns; j++, s += leftStep, t += rightStep) {
      const x = right[t]!;
      const y = right[t + rightPlane]!;
      const s1 = s + leftPlane;
      const s2 = s1 + leftPlane;
      const l0 = left[s]!;
      const l1 = left[s1]!;
      const l2 = left[s2]!;
      const l3 = left[s2 + leftPlane]!;
      a0 += l0 * x;
      b0 += l0 * y;
      a1 += l1 * x;
      b1 += l1 * y;
      a2 += l2 * x;
      b2 += l2 * y;
      a3 += l3 * x;
      b3 += l3 * y;
    }
  }
  acc[at] = a0;
  acc[at1] = a1;
  acc[at2] = a2;
  acc[at3] = a3;
  acc[at + next] = b0;
  acc[at1 + next] = b1;
  acc[at2 + next] = b2;
  acc[at3 + next] = b3;
};

/** The same in wrapping int32. */
export const addProductsInt: AddProducts<Int32Array> = (acc, at, pitch, next, left, a, right, b, rows, columns) => {
  for (let r = 0; r < ROWS; r++) {
    for (let q = 0; q < 2; q++) {
      let sum = acc[at + r * pitch + q * next]!;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const l = left[a.at + r * a.plane + i * a.row + j * a.step]!;
          sum = (sum + Math.imul(l, right[b.at + q * b.plane + i * b.row + j * b.step]!)) | 0;
        }
      }
      acc[at + r * pitch + q * next] = sum;
    }
  }
};

/** target[i, j] = source[i, j] over `rows` × `columns`; converts to the dtype of the target. */
export function copyRows(
  target: TypedArray,
  to: readonly [at: number, row: number, column: number],
  source: TypedArray,
  from: readonly [at: number, row: number, column: number],
  rows: number,
  columns: number,
): void {
  const [, toRow, toColumn] = to;
  const [, fromRow, fromColumn] = from;
  for (let i = 0; i < rows; i++) {
    let t = to[0] + i * toRow;
    let s = from[0] + i * fromRow;
    for (let j = 0; j < columns; j++, t += toColumn, s += fromColumn) target[t] = source[s]!;
  }
}
