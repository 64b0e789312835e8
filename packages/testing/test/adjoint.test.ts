import { customGradient, type Tensor, tensor } from "@prewitt/core";
import { adjointSides, axes, checkAdjoint, shapes, tensors } from "@prewitt/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const integers = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors({ shape, values: "integers", min: -9, max: 9 });

describe("linear base ops", () => {
  const ops: readonly (readonly [string, (x: Tensor, axis: number) => Tensor])[] = [
    ["sum", (x, axis) => x.sum({ axis })],
    ["flip", (x, axis) => x.flip(axis)],
    ["transpose", (x) => x.transpose()],
    ["reshape", (x) => x.reshape([x.size])],
    ["pad", (x) => x.pad(x.shape.map((_, i) => [i, 1] as const))],
    [
      "every other element",
      (x, axis) => x.slice(...x.shape.map((n, i) => (i === axis ? ([n - 1, null, -2] as const) : null))),
    ],
    ["concat with itself", (x, axis) => x.concat([x.mul(3)], axis)],
    ["broadcastTo", (x) => x.unsqueeze(0).broadcastTo([3, ...x.shape])],
    ["take", (x, axis) => x.take(tensor([0, 0], { dtype: "int32" }), axis)],
    [
      "matmul",
      (x) =>
        x.reshape([1, x.size]).matmul(
          tensor(
            Float32Array.from({ length: 2 * x.size }, (_, i) => (i % 5) - 2),
            { shape: [x.size, 2] },
          ),
        ),
    ],
  ];

  test.each(ops)("%s", (_, fn) => {
    const cases = shapes({ minRank: 1, maxExtent: 4 }).chain((shape) =>
      fc.record({ x: integers(shape), at: axes(shape.length, { min: 1 }) }).chain(({ x, at }) => {
        const axis = ((at[0] as number) + shape.length) % shape.length;
        return integers(fn(x, axis).shape).map((y) => ({ x, y, axis }));
      }),
    );
    fc.assert(
      fc.property(cases, ({ x, y, axis }) => checkAdjoint((t) => fn(t, axis), x, y)),
      { numRuns: 40 },
    );
  });
});

describe("the check", () => {
  const x = tensor([1, 2, 3]);
  const y = tensor([4, -5, 6]);

  test("gives both sides", () => {
    expect(adjointSides((t) => t.mul(2), x, y)).toEqual({ forward: 24, backward: 24 });
  });

  test("fails for a transpose that is shifted by one", () => {
    const shift = customGradient(
      (t) => t.slice([0, 2]).pad([[1, 0]]),
      ({ dy }) => [dy],
    );
    expect(() => checkAdjoint(shift as (t: Tensor) => Tensor, x, y)).toThrow("⟨A x, y⟩ = 7, but ⟨x, Aᵀ y⟩ = 12");
  });

  test("takes the transpose as a function", () => {
    checkAdjoint((t) => t.flip(0), x, y, { adjoint: (t) => t.flip(0) });
    expect(() => checkAdjoint((t) => t.flip(0), x, y, { adjoint: (t) => t })).toThrow();
  });

  test("refuses values that may round", () => {
    expect(() => checkAdjoint((t) => t.mul(0.5), x, y)).toThrow("use integers");
    expect(() => checkAdjoint((t) => t.mul(1e8), x, y)).toThrow("use integers");
  });
});
