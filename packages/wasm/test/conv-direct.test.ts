/**
 * Direct convolution and direct weight gradient over random geometry and forced variants, against float64 loops.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  anyShape,
  backwards,
  data,
  directions,
  directVariant,
  expectClose,
  interleaved,
  operands,
  reference,
  relaxed,
  runConv,
  same,
  sizes,
  weightGradientVariant,
} from "./conv-case.ts";

/** Float32 sums of up to some thousand terms, each step rounding to 2⁻²⁴ of the terms' sum at most. */
const TOLERANCE = 1e-5;

describe("direct kernels", () => {
  test("all directions agree with plain loops, whatever the geometry and variant", () => {
    fc.assert(
      fc.property(
        directions,
        anyShape,
        fc.integer({ min: 1, max: 4 }),
        directVariant,
        weightGradientVariant,
        fc.boolean(),
        fc.nat(),
        (direction, shape, batch, direct, weightGradient, taps, seed) => {
          const arrangement = taps && shape.filters % 4 === 0 ? "taps" : "panels";
          const variant = { algorithm: "direct", direct, weightGradient: { ...weightGradient, arrangement } } as const;
          const [first, second] = operands(direction, shape, batch, seed);
          const actual = runConv({ direction, shape, batch, variant }, first, second);
          expectClose(actual, reference(direction, shape, batch, first, second), TOLERANCE);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("what is chosen by itself agrees too, with and without relaxed SIMD", () => {
    fc.assert(
      fc.property(directions, anyShape, fc.integer({ min: 1, max: 3 }), fc.nat(), (direction, shape, batch, seed) => {
        const [first, second] = operands(direction, shape, batch, seed);
        const expected = reference(direction, shape, batch, first, second);
        for (const engine of relaxed ? [true, false] : [false]) {
          expectClose(
            runConv({ direction, shape, batch, relaxed: engine, precision: "strict" }, first, second),
            expected,
            TOLERANCE,
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  test("tiles, blocks and copies keep every bit; so does any order of tasks", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("forward", "inputGradient"),
        anyShape,
        fc.integer({ min: 1, max: 4 }),
        directVariant,
        fc.nat(),
        (direction, shape, batch, direct, seed) => {
          const [first, second] = operands(direction, shape, batch, seed);
          // Vectors along the channels are another order of summation: not what this is about.
          const inner = direct.inner === true;
          const spec = { direction, shape, batch, variant: { algorithm: "direct", direct: { inner } } } as const;
          const plain = runConv(spec, first, second);
          expect(
            runConv({ ...spec, variant: { algorithm: "direct", direct: { ...direct, inner } } }, first, second, {
              order: backwards,
            }),
          ).toEqual(plain);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("the weight gradient's bits depend on its chunks alone", () => {
    fc.assert(
      fc.property(
        anyShape,
        fc.integer({ min: 1, max: 5 }),
        weightGradientVariant,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        (shape, batch, weightGradient, size, seed) => {
          const [first, second] = operands("weightGradient", shape, batch, seed);
          // One image a unit and one unit a chunk's step: chunks then hold the same images under any cut of rows.
          const fixed = { arrangement: "panels", chunks: 1 } as const;
          const run = (variant: object, order?: ReturnType<typeof interleaved>) =>
            runConv(
              {
                direction: "weightGradient",
                shape,
                batch,
                variant: { algorithm: "direct", weightGradient: { ...variant, ...fixed } },
              },
              first,
              second,
              order === undefined ? {} : { order },
            );
          expect(run(weightGradient, interleaved(size))).toEqual(run({}));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("one kernel serves every batch", () => {
    const shape = same(5, 12, 7);
    for (const direction of ["forward", "inputGradient", "weightGradient"] as const) {
      for (const batch of [0, 1, 2, 7]) {
        const [first, second] = operands(direction, shape, batch, 3);
        const spec = { direction, shape, batch: 4, variant: { algorithm: "direct" } } as const;
        expectClose(
          runConv(spec, first, second, { batch }),
          reference(direction, shape, batch, first, second),
          TOLERANCE,
        );
      }
    }
  });

  test.each([
    ["first layer", same(1, 32, 12)],
    ["three channels", same(3, 20, 9)],
    ["pointwise", same(24, 40, 6, 1)],
    ["pointwise, stride 2", same(16, 24, 8, 1, 2)],
    ["stride 2", same(16, 24, 9, 3, 2)],
    ["grouped", same(8, 8, 7, 3, 1, 4)],
    ["multiplier", same(1, 3, 6, 3, 1, 5)],
    ["one pixel", same(20, 36, 1)],
    ["wide kernel", same(2, 4, 6, 7)],
    ["four channels", same(4, 4, 9)],
    ["a panel of eight channels and one of four", same(12, 28, 8)],
    ["panels of 16, 8 and 5 channels, two columns", same(29, 61, 2)],
    ["many taps of three channels, small images", same(3, 24, 9, 7, 2)],
    ["many taps of three channels, rows in blocks", same(3, 12, 49, 5, 2)],
  ])("%s, all directions", (_name, shape) => {
    for (const direction of ["forward", "inputGradient", "weightGradient"] as const) {
      const [first, second] = operands(direction, shape, 3, 11);
      expectClose(
        runConv({ direction, shape, batch: 3, precision: "strict" }, first, second),
        reference(direction, shape, 3, first, second),
        TOLERANCE,
      );
    }
  });

  test("positions without any tap are zero: a stride longer than the kernel", () => {
    const shape = same(3, 5, 8, 1, 3);
    const [first, second] = operands("inputGradient", shape, 2, 5);
    const dx = runConv({ direction: "inputGradient", shape, batch: 2 }, first, second);
    expectClose(dx, reference("inputGradient", shape, 2, first, second), TOLERANCE);
    expect(dx.filter((value) => value === 0).length).toBeGreaterThan(sizes(shape, 2).x / 2);
  });

  test("no output positions: nothing forward, a zero gradient of the weights", () => {
    const shape = {
      ...same(3, 4, 2, 5),
      axes: [{ ...same(3, 4, 2, 5).axes[0], output: 0 }, same(3, 4, 2, 5).axes[1]],
    } as const;
    expect(
      runConv({ direction: "forward", shape, batch: 2 }, data(sizes(shape, 2).x, 1), data(sizes(shape, 2).w, 2)),
    ).toEqual(new Float32Array(0));
    const dw = runConv(
      { direction: "weightGradient", shape, batch: 2 },
      data(sizes(shape, 2).x, 1),
      new Float32Array(0),
    );
    expect(dw).toEqual(new Float32Array(sizes(shape, 2).w));
  });

  test("NaN and infinity reach exactly the outputs that read them", () => {
    const shape = same(4, 8, 6);
    const [x, w] = operands("forward", shape, 1, 7);
    x[(2 * 6 + 3) * 4] = Number.NaN;
    const y = runConv({ direction: "forward", shape, batch: 1, precision: "strict" }, x, w);
    for (let p = 0; p < 36; p++) {
      const near = Math.abs(Math.floor(p / 6) - 2) <= 1 && Math.abs((p % 6) - 3) <= 1;
      for (let o = 0; o < 8; o++) expect(Number.isNaN(y[p * 8 + o]!)).toBe(near);
    }
  });

  test("an infinite weight gives NaN where its tap meets padding, and nowhere else; depthwise leaves that tap out", () => {
    for (const [shape, border] of [
      [same(2, 4, 5), Number.NaN],
      [same(1, 1, 5, 3, 1, 4), 4],
    ] as const) {
      const size = sizes(shape, 1);
      const x = new Float32Array(size.x).fill(1);
      const w = new Float32Array(size.w).fill(1);
      for (let filter = 0; filter < size.w; filter += 9) w[filter] = Number.POSITIVE_INFINITY;
      const y = runConv({ direction: "forward", shape, batch: 1, precision: "strict" }, x, w);
      // The infinite tap looks up and left: padding for the first row and column, a pixel elsewhere.
      expect(y[0]).toBe(border);
      expect(y.filter((_, i) => i >= 4 * 5 && i % (4 * 5) >= 4)).toEqual(
        new Float32Array(4 * 4 * 4).fill(Number.POSITIVE_INFINITY),
      );
    }
  });
});
