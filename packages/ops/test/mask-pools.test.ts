// The mask of relu's gradient before the gradient of a max pool: the same bits, on fewer elements.

import {
  collect,
  type Executor,
  grad,
  type Kernel,
  planStages,
  referenceExecutor,
  type Tensor,
  tensor,
  validateProgram,
} from "@prewitt/core";
import { maxPool2d, relu } from "@prewitt/ops";
import { runOn } from "@prewitt/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const plain = referenceExecutor();
const fused = referenceExecutor({ fuse: true });

interface Case {
  readonly values: readonly number[];
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** The gradient of relu and pool with a cotangent that differs everywhere. */
function gradient({ values, size, kernel, stride, padding }: Case): { x: Tensor; dx: Tensor; y: Tensor } {
  const data = Float32Array.from({ length: 2 * 3 * size * size }, (_, i) => values[i % values.length] as number);
  const x = tensor(data, { shape: [2, 3, size, size] });
  const y = maxPool2d(relu(x), { kernel, stride, padding });
  const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(i * 3.7) * (i % 5 === 0 ? -0 : 1));
  return { x, y, dx: grad(y.mul(tensor(weights, { shape: [...y.shape] })).sum(), x) };
}

const fusedKernels = (...outputs: Tensor[]): readonly Kernel[] => {
  const { program } = planStages(collect(outputs), fused.traits);
  validateProgram(program);
  return program.kernels;
};

const bitsOn = (executor: Executor, t: Tensor): number[] => [
  ...new Int32Array((runOn(executor, [t]).values[0] as Float32Array).slice().buffer),
];

describe("masks before pool gradients", () => {
  const usual: Case = { values: [1, -2, 0.5, -0, 3, -4, 2], size: 6, kernel: 2, stride: 2, padding: 0 };

  test("no kernel runs over the larger image but relu and the gradient itself", () => {
    const { dx } = gradient(usual);
    const kernels = fusedKernels(dx);
    const large = kernels.filter((k) => k.writes.some((w) => w.shape[2] === 6)).map((k) => k.kind);
    expect(large).toEqual(["map", "pool"]);
    expect(kernels.filter((k) => k.kind === "map" && k.writes[0]?.shape[2] === 3)).toHaveLength(1);
  });

  test("the mask stays where the gradient itself is asked for, or belongs to something else", () => {
    const { x, y } = gradient(usual);
    const middle = relu(x);
    const pooled = maxPool2d(middle, 2);
    const [dMiddle, dx] = grad(pooled.square().sum(), [middle, x]) as [Tensor, Tensor];
    const both = fusedKernels(dMiddle, dx).filter((k) => k.writes.some((w) => w.shape[2] === 6));
    expect(both.map((k) => k.kind)).toEqual(["map", "pool", "map"]);
    // A mask by other values than those that were pooled.
    const other = relu(x.add(1));
    const sum = grad(maxPool2d(other, 2).square().sum().add(y.sum()), other);
    const masked = sum.mul(x.lessEqual(0).cast("float32"));
    expect(bitsOn(fused, masked)).toEqual(bitsOn(plain, masked));
  });

  test("bits are those of the mask behind, for windows that overlap, ties, infinities and NaN", () => {
    const value = fc.oneof(
      fc.constantFrom(0, -0, 1, -1, 1, 2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      fc.float({ min: -2, max: 2, noNaN: true }),
    );
    const geometry = fc.record({
      values: fc.array(value, { minLength: 1, maxLength: 40 }),
      size: fc.integer({ min: 3, max: 7 }),
      kernel: fc.integer({ min: 2, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(geometry, (c) => {
        const { dx } = gradient(c);
        expect(bitsOn(fused, dx)).toEqual(bitsOn(plain, dx));
      }),
      { numRuns: 60 },
    );
  });
});
