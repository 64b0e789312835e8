// First and second derivatives in float64 over random geometry.

import { type Tensor, tensor } from "@prewitt/core";
import { avgPool2d, batchNorm, conv2d, crossEntropy, maxPool2d } from "@prewitt/ops";
import { checkGradients, convCases, poolCases } from "@prewitt/testing";
import fc from "fast-check";
import { test } from "vitest";

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function smooth(shape: readonly number[], salt = 0): Tensor {
  return tensor(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.9 + salt)),
    { shape },
  );
}

/** Numbers at least 0.1 apart, in scattered order: no two compete for a maximum. */
function apart(shape: readonly number[]): Tensor {
  const n = sizeOf(shape);
  const rank = Array.from({ length: n }, (_, i) => i).sort((a, b) => Math.sin(a * 12.9) - Math.sin(b * 12.9));
  return tensor(
    Float64Array.from(rank, (r) => 0.1 * (r - n / 2)),
    { shape },
  );
}

const tiny = { maxSize: 6, maxKernel: 3, maxBatch: 2, maxChannels: 2, maxGroups: 2 };

test("conv2d", () => {
  const check = (c: { input: readonly number[]; weight: readonly number[]; options: object }): void => {
    checkGradients((x, w) => conv2d(x, w, c.options), [smooth(c.input), smooth(c.weight, 1)], { order: 2 });
  };
  fc.assert(fc.property(convCases(tiny), check), { numRuns: 25 });
});

test("maxPool2d and avgPool2d", () => {
  fc.assert(
    fc.property(poolCases(tiny), (c) => {
      // Squared, so that the second order is not 0.
      checkGradients((x) => maxPool2d(x, c.options).square(), [apart(c.input)], { order: 2 });
      const options = { ...c.options, countIncludePad: c.countIncludePad };
      checkGradients((x) => avgPool2d(x, options).square(), [smooth(c.input)], { order: 2 });
    }),
    { numRuns: 25 },
  );
});

test("batchNorm and crossEntropy over shapes", () => {
  const extents = fc.record({
    n: fc.integer({ min: 2, max: 4 }),
    c: fc.integer({ min: 1, max: 3 }),
    space: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(extents, fc.boolean(), ({ n, c, space }, smoothed) => {
      const x = smooth([n, c, ...space]);
      const norm = (t: Tensor, weight: Tensor, bias: Tensor): readonly Tensor[] => {
        const { y, mean, inverseStd } = batchNorm(t, { weight, bias, eps: 0.1 });
        return [y, mean, inverseStd];
      };
      checkGradients(norm, [x, smooth([c], 2).add(2), smooth([c], 3)], { order: 2 });
      const labels = tensor(
        Int32Array.from({ length: n * sizeOf(space) }, (_, i) => (i * 7) % c),
        { shape: [n, ...space] },
      );
      checkGradients((l) => crossEntropy(l, labels, { labelSmoothing: smoothed ? 0.1 : 0 }), [x], { order: 2 });
    }),
    { numRuns: 25 },
  );
});
