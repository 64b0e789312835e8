/**
 * Nested arrays as a flat list and a shape, with errors that name the place where the nesting is ragged.
 */

import { DTypeError, ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import type { Shape } from "./shape.ts";

/** What `tensor` takes: a number, a boolean, arrays of these nested as deep as the rank, typed arrays. */
export type Nested = number | boolean | ArrayBufferView | readonly Nested[];

export interface Flattened {
  /** Row-major; booleans as 0 and 1. */
  readonly values: number[];
  readonly shape: Shape;
  /** Whether the leaves are booleans. */
  readonly boolean: boolean;
  /** `data[1][0]` for the place of element `i`. */
  pathOf(i: number): string;
}

type Row = readonly unknown[];

/** A row that may be indexed: an array or a typed array of numbers. */
function asRow(value: unknown): Row | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) && "length" in value ? (value as unknown as Row) : undefined;
}

function pathText(place: readonly number[]): string {
  return `data${place.map((i) => `[${i}]`).join("")}`;
}

/** Flattens by the extents of the first elements; every other element must agree with them. */
export function flattenNested(data: unknown): Flattened {
  const shape: number[] = [];
  let first = data;
  for (let row = asRow(first); row !== undefined; row = asRow(first)) {
    shape.push(row.length);
    if (row.length === 0) break;
    first = row[0];
  }
  const values: number[] = [];
  const boolean = typeof first === "boolean";
  const place: number[] = [];
  const visit = (value: unknown): void => {
    const axis = place.length;
    const row = asRow(value);
    const extent = shape[axis];
    if (row?.length !== extent) throw ragged(place, value, extent);
    if (row === undefined) {
      values.push(leafValue(value, boolean, place));
      return;
    }
    for (let i = 0; i < row.length; i++) {
      place.push(i);
      visit(row[i]);
      place.pop();
    }
  };
  visit(data);
  return { values, shape, boolean, pathOf: (i) => pathText(placeOf(i, shape)) };
}

function placeOf(i: number, shape: Shape): number[] {
  const place: number[] = [];
  let rest = i;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    place.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return place;
}

function leafValue(value: unknown, boolean: boolean, place: readonly number[]): number {
  if (typeof value === "number" && !boolean) return value;
  if (typeof value === "boolean" && boolean) return value ? 1 : 0;
  const mixed = typeof value === "number" || typeof value === "boolean";
  throw locate(
    new DTypeError({
      op: "tensor",
      summary: mixed ? "numbers and booleans are mixed" : `a tensor holds numbers, not ${nameOf(value)}`,
      problems: [`${pathText(place)} is ${mixed ? String(value) : nameOf(value)}`],
      fix: mixed
        ? "write 0 and 1, or only booleans"
        : "pass numbers, booleans, arrays or typed arrays; join tensors with stack",
    }),
  );
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? `a ${value.constructor?.name || "object"}` : `a ${typeof value}`;
}

function ragged(place: readonly number[], value: unknown, extent: number | undefined): ShapeError {
  const row = asRow(value);
  const elements = (n: number): string => `has ${n} element${n === 1 ? "" : "s"}`;
  const found = row === undefined ? `is ${nameOf(value)}` : elements(row.length);
  const expected = extent === undefined ? "is a single value" : elements(extent);
  return locate(
    new ShapeError({
      op: "tensor",
      summary: "the nesting is ragged",
      problems: [`${pathText(place)} ${found}, but ${pathText(place.map(() => 0))} ${expected}`],
      fix: "give all rows one length, or pad them",
    }),
  );
}
