// Pooling against plain loops, and its laws, over random geometry.

import { grad, type Tensor, tensor } from "@prewitt/core";
import { avgPool2d, conv2d, maxPool2d, maxPool2dWithIndex, maxPoolGrad, maxPoolTake } from "@prewitt/ops";
import { checkAdjoint, type PoolCase, poolCases } from "@prewitt/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eachWindow, type Four } from "./loops.ts";

const runs = { numRuns: 80 };
const small = { maxSize: 8, maxBatch: 2, maxChannels: 2 };
const sizeOf = (shape: Four): number => shape.reduce((a, b) => a * b, 1);

/** Cases with integers for x (many ties) and dy. */
const cases = poolCases(small).chain((c) => {
  const integers = (shape: Four): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min: -4, max: 4 }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) });
  return fc.tuple(fc.constant(c), integers(c.input), integers(c.output));
});

const make = (values: readonly number[], shape: Four, dtype: "float32" | "float64" = "float32"): Tensor =>
  tensor(dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values), { shape });
const numbers = (t: Tensor): number[] => Array.from(t.dataSync(), (v) => v + 0);
const size = (c: PoolCase) => [c.input[2], c.input[3]] as const;

describe("maxPool2d", () => {
  test("values, indices and gradients, with ties to the first", () => {
    fc.assert(
      fc.property(cases, ([c, x, dy]) => {
        const wanted = { y: dy.map(() => 0), index: dy.map(() => 0), dx: x.map(() => 0) };
        eachWindow(c.input, c.output, c.options, (yi, cells, plane) => {
          let best = 0;
          cells.forEach((cell, k) => {
            if ((x[cell] as number) > (x[cells[best] as number] as number)) best = k;
          });
          wanted.y[yi] = x[cells[best] as number] as number;
          wanted.index[yi] = plane[best] as number;
          wanted.dx[cells[best] as number] = (wanted.dx[cells[best] as number] as number) + (dy[yi] as number);
        });
        const tx = make(x, c.input);
        const { y, index } = maxPool2dWithIndex(tx, c.options);
        expect(numbers(y)).toEqual(wanted.y);
        expect(numbers(index)).toEqual(wanted.index);
        const g = grad(y.mul(make(dy, c.output)).sum(), tx);
        expect(numbers(g)).toEqual(wanted.dx.map((v) => v + 0));
      }),
      runs,
    );
  });

  test("maxPoolGrad and maxPoolTake are each other's transpose, and take reads what pooling found", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ys]) => {
        const x = make(xs, c.input);
        const { y, index } = maxPool2dWithIndex(x, c.options);
        const options = { ...c.options, inputSize: size(c) };
        expect(numbers(maxPoolTake(x, index, options))).toEqual(numbers(y));
        const u = make(ys, c.output);
        checkAdjoint((t) => maxPoolTake(t, index, options), x, u);
        checkAdjoint((t) => maxPoolGrad(t, index, options), u, x);
        checkAdjoint((t) => maxPoolTake(t, index, options), x, u, { adjoint: (t) => maxPoolGrad(t, index, options) });
      }),
      runs,
    );
  });

  test("is invariant to a shift that stays inside a window", () => {
    const image = new Array<number>(64).fill(0);
    image[2 * 8 + 4] = 9;
    const shifted = new Array<number>(64).fill(0);
    shifted[3 * 8 + 5] = 9;
    const pool = (v: number[]): number[] => numbers(maxPool2d(make(v, [1, 1, 8, 8]), 2));
    expect(pool(shifted)).toEqual(pool(image));
  });

  test("commutes with a rising function", () => {
    fc.assert(
      fc.property(cases, ([c, xs]) => {
        const x = make(xs, c.input);
        const rising = (t: Tensor): Tensor => t.mul(3).sub(1);
        expect(numbers(maxPool2d(rising(x), c.options))).toEqual(numbers(rising(maxPool2d(x, c.options))));
      }),
      runs,
    );
  });
});

describe("avgPool2d", () => {
  test("values and gradients", () => {
    fc.assert(
      fc.property(cases, ([c, x, dy]) => {
        const wanted = { y: dy.map(() => 0), dx: x.map(() => 0) };
        eachWindow(c.input, c.output, c.options, (yi, cells, _, padded) => {
          const count = c.countIncludePad ? padded : cells.length;
          wanted.y[yi] = cells.reduce((sum, cell) => sum + (x[cell] as number), 0) / count;
          for (const cell of cells) wanted.dx[cell] = (wanted.dx[cell] as number) + (dy[yi] as number) / count;
        });
        const tx = make(x, c.input, "float64");
        const y = avgPool2d(tx, { ...c.options, countIncludePad: c.countIncludePad });
        numbers(y).forEach((v, i) => {
          expect(v).toBeCloseTo(wanted.y[i] as number, 12);
        });
        numbers(grad(y.mul(make(dy, c.output, "float64")).sum(), tx)).forEach((v, i) => {
          expect(v).toBeCloseTo(wanted.dx[i] as number, 12);
        });
      }),
      runs,
    );
  });

  test("adjoint, exactly: windows of powers of two", () => {
    fc.assert(
      fc.property(cases, ([c, xs, ys]) => {
        const kernel = [2, 2] as const;
        const options = { kernel, stride: c.options.stride, countIncludePad: true } as const;
        fc.pre(c.input[2] >= 2 && c.input[3] >= 2);
        const x = make(
          xs.map((v) => v * 4),
          c.input,
        ); // prettier-ignore
        const y = avgPool2d(x, options);
        const u = make(
          Array.from({ length: y.size }, (_, i) => 4 * (ys[i % ys.length] as number)),
          y.shape as Four,
        ); // prettier-ignore
        checkAdjoint((t) => avgPool2d(t, options), x, u);
      }),
      runs,
    );
  });

  test("is a convolution of each channel with a constant kernel", () => {
    fc.assert(
      fc.property(cases, ([c, xs]) => {
        const { kernel, ceilMode: _, ...geometry } = c.options;
        const channels = c.input[1];
        const cells = kernel[0] * kernel[1];
        const x = make(xs, c.input, "float64");
        const weight = make(new Array<number>(channels * cells).fill(1), [channels, 1, ...kernel], "float64");
        const y = conv2d(x, weight, { ...geometry, groups: channels }).div(cells);
        const pooled = avgPool2d(x, { ...geometry, kernel });
        expect(pooled.shape).toEqual(y.shape);
        const wanted = numbers(y);
        numbers(pooled).forEach((v, i) => {
          expect(v).toBeCloseTo(wanted[i] as number, 12);
        });
      }),
      runs,
    );
  });
});
