/**
 * Depthwise kernels over random geometry, against float64 loops.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { depthwiseFits } from "../src/kernels/conv-depthwise.ts";
import {
  backwards,
  defined,
  depthwiseShape,
  directions,
  expectClose,
  operands,
  reference,
  relaxed,
  runConv,
  same,
} from "./conv-case.ts";

const variants = fc
  .record({
    columns: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
    blockRows: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    chunks: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  })
  .map(defined);

/** Channels that fill no vector, pairs of vectors, and pairs with vectors and single channels left over. */
const shapes = fc
  .tuple(depthwiseShape, fc.integer({ min: 1, max: 29 }))
  .map(([shape, groups]) => ({ ...shape, groups }))
  .filter(depthwiseFits);

describe("depthwise kernels", () => {
  test("all directions agree with plain loops, whatever the geometry and tile", () => {
    fc.assert(
      fc.property(
        directions,
        shapes,
        fc.integer({ min: 1, max: 4 }),
        variants,
        fc.nat(),
        (direction, shape, batch, depthwise, seed) => {
          const [first, second] = operands(direction, shape, batch, seed);
          const expected = reference(direction, shape, batch, first, second);
          for (const engine of relaxed ? [true, false] : [false]) {
            const spec = {
              direction,
              shape,
              batch,
              relaxed: engine,
              variant: { algorithm: "depthwise", depthwise },
            } as const;
            expectClose(runConv(spec, first, second), expected, 1e-5);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("tiles keep every bit, and so does any order of tasks", () => {
    fc.assert(
      fc.property(
        directions,
        shapes,
        fc.integer({ min: 1, max: 4 }),
        variants,
        fc.nat(),
        (direction, shape, batch, depthwise, seed) => {
          const [first, second] = operands(direction, shape, batch, seed);
          const run = (variant: object) =>
            runConv(
              { direction, shape, batch, variant: { algorithm: "depthwise", depthwise: { ...variant, chunks: 2 } } },
              first,
              second,
              { order: backwards },
            );
          expect(run(depthwise)).toEqual(run({}));
        },
      ),
      { numRuns: 50 },
    );
  });

  test("kernels that are mostly border, and batches other than planned", () => {
    for (const shape of [same(1, 1, 3, 5, 1, 6), same(1, 1, 20, 3, 2, 9)]) {
      for (const direction of ["forward", "inputGradient", "weightGradient"] as const) {
        for (const batch of [0, 1, 5]) {
          const [first, second] = operands(direction, shape, batch, 5);
          const spec = { direction, shape, batch: 3, variant: { algorithm: "depthwise" } } as const;
          expectClose(runConv(spec, first, second, { batch }), reference(direction, shape, batch, first, second), 1e-5);
        }
      }
    }
  });
});
