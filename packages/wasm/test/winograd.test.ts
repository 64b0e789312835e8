/**
 * Winograd convolution in all three directions: the transforms' algebra in exact arithmetic, then kernels over random
 * sizes and forced variants, against float64 loops and each other.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { detectFeatures, ModuleBuilder, v128 } from "../src/assembler/index.ts";
import { fused } from "../src/kernels/kernel.ts";
import { dataTransform, filterTransform, outputTransform } from "../src/kernels/winograd-matrices.ts";
import {
  backwards,
  directions,
  expectClose,
  interleaved,
  operands,
  reference,
  relaxed,
  runConv,
  same,
  winogradGradientVariant,
  winogradShape,
  winogradVariant,
} from "./conv-case.ts";

/**
 * Share of the terms' sum. Transforms enlarge intermediate values by up to 10² in each direction before they cancel, so
 * rounding is larger than the direct kernels', most of all where few terms are summed.
 */
const TOLERANCE = 5e-5;

/** The one-dimensional transforms run on numbers: lane 0 carries the data. */
function transforms(taps: 3 | 4): (d: readonly number[], g: readonly number[]) => number[] {
  const outputs = taps === 3 ? 4 : 3;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new ModuleBuilder();
  module.importMemory({ shared: true });
  const ops = fused({ relaxed: false });
  module.function({ name: "run", parameters: {} }, (f) => {
    const load = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => f.let(v128.load(0, from + 16 * i)));
    const d = dataTransform(f, ops, load(0, 6)).map((value) => f.let(value));
    const g = filterTransform(f, ops, load(128, taps)).map((value) => f.let(value));
    const products = d.map((value, i) => f.let(ops.madd(value, g[i]!, f.local("v128"))));
    outputTransform(f, ops, products, outputs).forEach((value, i) => {
      f.do(v128.store(0, value, 256 + 16 * i));
    });
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  const floats = new Float32Array(memory.buffer);
  return (d, g) => {
    d.forEach((value, i) => {
      floats[4 * i] = value;
    });
    g.forEach((value, i) => {
      floats[32 + 4 * i] = value;
    });
    (exports.run as () => void)();
    return Array.from({ length: outputs }, (_, i) => floats[64 + 4 * i]!);
  };
}

describe("transforms", () => {
  test.each([3, 4] as const)("F(m, %i) correlates six inputs", (taps) => {
    const run = transforms(taps);
    // Multiples of 24 keep G's fractions whole: the identity is then exact.
    const whole = (n: number) => fc.array(fc.integer({ min: -20, max: 20 }), { minLength: n, maxLength: n });
    fc.assert(
      fc.property(whole(6), whole(taps), (d, g) => {
        const scaled = g.map((value) => 24 * value);
        const expected = Array.from({ length: 7 - taps }, (_, i) =>
          scaled.reduce((sum, value, k) => sum + value * d[i + k]!, 0),
        );
        expect(run(d, scaled).map((value) => Math.round(value) + 0)).toEqual(expected.map((value) => value + 0));
      }),
    );
  });
});

describe("Winograd kernels", () => {
  test("all directions agree with plain loops, whatever the sizes and variant", () => {
    fc.assert(
      fc.property(
        directions,
        winogradShape,
        fc.integer({ min: 1, max: 4 }),
        winogradVariant,
        winogradGradientVariant,
        fc.nat(),
        (direction, shape, batch, winograd, winogradWeightGradient, seed) => {
          const [first, second] = operands(direction, shape, batch, seed);
          const variant = { algorithm: "winograd", winograd, winogradWeightGradient } as const;
          const expected = reference(direction, shape, batch, first, second);
          for (const engine of relaxed ? [true, false] : [false]) {
            const actual = runConv({ direction, shape, batch, relaxed: engine, variant }, first, second);
            const largest = Math.max(...expected.scale);
            expectClose(actual, { values: expected.values, scale: expected.scale.map(() => largest) }, TOLERANCE);
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  test("arrangements, tiles and blocks keep every bit forward; so does any order of tasks", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("forward", "inputGradient"),
        winogradShape,
        fc.integer({ min: 1, max: 4 }),
        winogradVariant,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        (direction, shape, batch, winograd, size, seed) => {
          const [first, second] = operands(direction, shape, batch, seed);
          const spec = { direction, shape, batch } as const;
          const plain = runConv({ ...spec, variant: { algorithm: "winograd" } }, first, second);
          expect(
            runConv({ ...spec, variant: { algorithm: "winograd", winograd } }, first, second, {
              order: interleaved(size),
            }),
          ).toEqual(plain);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("the weight gradient's bits do not depend on the order of tasks", () => {
    fc.assert(
      fc.property(
        winogradShape,
        fc.integer({ min: 1, max: 4 }),
        winogradGradientVariant,
        fc.nat(),
        (shape, batch, winogradWeightGradient, seed) => {
          const [first, second] = operands("weightGradient", shape, batch, seed);
          const spec = {
            direction: "weightGradient",
            shape,
            batch,
            variant: { algorithm: "winograd", winogradWeightGradient },
          } as const;
          expect(runConv(spec, first, second, { order: backwards })).toEqual(runConv(spec, first, second));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("one kernel serves every batch", () => {
    const shape = same(16, 24, 9);
    for (const direction of ["forward", "inputGradient", "weightGradient"] as const) {
      for (const arrangement of direction === "weightGradient"
        ? (["chunked", "staged"] as const)
        : (["fused", "staged"] as const)) {
        for (const batch of [0, 1, 5]) {
          const [first, second] = operands(direction, shape, batch, 3);
          const variant = {
            algorithm: "winograd",
            winograd: { arrangement },
            winogradWeightGradient: { arrangement },
          } as object;
          const actual = runConv({ direction, shape, batch: 3, variant }, first, second, { batch });
          expectClose(actual, reference(direction, shape, batch, first, second), TOLERANCE);
        }
      }
    }
  });

  test("many channels: relative error of the whole stays near 1e-5", () => {
    const shape = same(64, 64, 12);
    for (const direction of ["forward", "inputGradient", "weightGradient"] as const) {
      const [first, second] = operands(direction, shape, 2, 9);
      const { values } = reference(direction, shape, 2, first, second);
      const actual = runConv({ direction, shape, batch: 2, variant: { algorithm: "winograd" } }, first, second);
      const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      const worst = values.reduce((max, value, i) => Math.max(max, Math.abs(value - actual[i]!)), 0);
      expect(worst / largest).toBeLessThan(2e-5);
    }
  });

  test("shapes beyond Winograd are refused when forced", () => {
    const spec = {
      direction: "forward",
      batch: 1,
      relaxed: detectFeatures().relaxedSimd,
      variant: { algorithm: "winograd" },
    } as const;
    for (const shape of [same(4, 4, 8, 3, 2), same(4, 4, 8, 5), same(3, 4, 8), same(4, 4, 8, 3, 1, 2)]) {
      expect(() => runConv({ ...spec, shape }, new Float32Array(0), new Float32Array(0))).toThrow(
        "Winograd does not compute this convolution",
      );
    }
  });
});
