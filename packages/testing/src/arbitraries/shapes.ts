/**
 * Arbitraries of shapes, axes, and pairs of shapes that broadcast.
 */

import type { Shape } from "@prewitt/core";
import fc from "fast-check";

export interface ShapeConstraints {
  /** Default 0. */
  readonly minRank?: number | undefined;
  /** Default 4. */
  readonly maxRank?: number | undefined;
  /** Least extent of an axis. Default 1. */
  readonly minExtent?: number | undefined;
  /** Default 5. */
  readonly maxExtent?: number | undefined;
}

/** Shapes; they shrink to fewer and shorter axes. */
export function shapes(constraints: ShapeConstraints = {}): fc.Arbitrary<Shape> {
  const { minRank = 0, maxRank = 4, minExtent = 1, maxExtent = 5 } = constraints;
  return fc.array(fc.integer({ min: minExtent, max: maxExtent }), {
    minLength: minRank,
    maxLength: maxRank,
    size: "max",
  });
}

/** One axis of a rank above 0, counted from either end. */
export function axis(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 });
}

/** Some axes of a rank in any order, none twice, counted from either end. */
export function axes(rank: number, options: { readonly min?: number | undefined } = {}): fc.Arbitrary<number[]> {
  const all = Array.from({ length: rank }, (_, i) => i);
  return fc
    .shuffledSubarray(all, { minLength: options.min ?? 0 })
    .chain((chosen) => fc.tuple(...chosen.map((a) => fc.constantFrom(a, a - rank))));
}

/** Every axis of a rank once, in any order. */
export function permutations(rank: number): fc.Arbitrary<number[]> {
  const all = Array.from({ length: rank }, (_, i) => i);
  return fc.shuffledSubarray(all, { minLength: rank, maxLength: rank });
}

export interface BroadcastPair {
  readonly a: Shape;
  readonly b: Shape;
  /** What both stretch to. */
  readonly result: Shape;
}

/** Two shapes of equal rank that stretch to a third along axes of size 1, or a shape and a scalar. */
export function broadcastPairs(constraints: ShapeConstraints = {}): fc.Arbitrary<BroadcastPair> {
  const stretched = shapes(constraints).chain((result) =>
    fc.tuple(...result.map(() => fc.constantFrom("both", "a", "b"))).map((who): BroadcastPair => {
      const a = result.map((n, i) => (who[i] === "b" ? 1 : n));
      const b = result.map((n, i) => (who[i] === "a" ? 1 : n));
      return { a, b, result };
    }),
  );
  const scalars = shapes(constraints).chain((result) =>
    fc.boolean().map((left): BroadcastPair => ({ a: left ? [] : result, b: left ? result : [], result })),
  );
  return fc.oneof({ weight: 4, arbitrary: stretched }, { weight: 1, arbitrary: scalars });
}
