/** `pool`: generated code against the reference executor over random geometry, layouts and dtypes, bit for bit. */

import {
  type DType,
  type Kernel,
  type PoolGeometry,
  type PoolKernel,
  type WindowAxis,
  windowAxis,
} from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { poolKernel } from "../src/kernels/pool.ts";
import {
  backwards,
  channelsLast,
  contiguous,
  KernelCase,
  type Layout,
  layouts,
  type Make,
  sameBits,
  valuesOf,
} from "./kernel-case.ts";

const axis = (kernels: number): fc.Arbitrary<WindowAxis> =>
  fc
    .record({
      input: fc.integer({ min: 1, max: 9 }),
      kernel: fc.integer({ min: 1, max: kernels }),
      stride: fc.integer({ min: 1, max: 4 }),
      dilation: fc.constantFrom(1, 1, 1, 2, 3),
      before: fc.nat(3),
      after: fc.nat(3),
      ceilMode: fc.boolean(),
    })
    .map(({ before, after, ...rest }) => windowAxis({ ...rest, padding: [before, after] }))
    .filter((a) => a.output > 0);

const geometries: fc.Arbitrary<PoolGeometry> = fc
  .record({
    batch: fc.nat(3),
    channels: fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 13),
    axes: fc.oneof(fc.tuple(axis(4), axis(4)), fc.tuple(axis(9), axis(9))),
  })
  .filter((g) => g.batch * g.channels * g.axes[0].input * g.axes[1].input <= 1500);

const planes: fc.Arbitrary<Layout> = fc.oneof(
  fc.constant(channelsLast),
  fc.constant(contiguous),
  layouts.map((l) => ({ ...l, repeats: contiguous.repeats })),
);

function shapesOf({ batch, channels, axes: [rows, columns] }: PoolGeometry) {
  return { x: [batch, channels, rows.input, columns.input], y: [batch, channels, rows.output, columns.output] };
}

/** The index of a pool whose windows may be told to lie in place. */
const trusting: Make<PoolKernel> = (kernel, dtypes, options) => poolKernel(kernel, dtypes, options, true);
const plain: Make<PoolKernel> = (kernel, dtypes, options) => poolKernel(kernel, dtypes, { ...options, relaxed: false });

function check(c: KernelCase, kernel: PoolKernel, make: Make<PoolKernel>): number[][] {
  const expected = c.reference(kernel as Kernel);
  const { results } = c.generated(kernel, make, backwards);
  results.forEach((r, i) => {
    if (!sameBits(r, expected[i]!)) throw new Error(`write ${i}: ${r.join()} instead of ${expected[i]!.join()}`);
  });
  const again = c.generated(kernel, make);
  results.forEach((r, i) => {
    expect(sameBits(again.results[i]!, r)).toBe(true);
  });
  return results;
}

const common = { geometry: geometries, from: planes, to: planes };

describe("pool", () => {
  it.each(["float32", "float64", "int32", "uint8"] as DType[])(
    "max of %s and its index, with NaN, ties and windows of padding alone",
    (dtype) => {
      const values = valuesOf(dtype, true).map((v) => [...v, v[0]!, v[1]!]);
      fc.assert(
        fc.property(
          fc.record({ ...common, values, relaxed: fc.boolean() }),
          ({ geometry, from, to, values, relaxed }) => {
            const { x, y } = shapesOf(geometry);
            const c = new KernelCase();
            const reads = [c.read(dtype, x, from, values)];
            const writes = [c.write(dtype, y, to), c.write("int32", y, to)];
            check(
              c,
              { kind: "pool", mode: "max", geometry, countIncludePad: false, reads, writes },
              relaxed ? poolKernel : plain,
            );
          },
        ),
        { numRuns: dtype === "float32" ? 250 : 60 },
      );
    },
  );

  it.each(["float32", "float64"] as DType[])(
    "the gradient of max of %s, at indices that max-pooling made and at any others",
    (dtype) => {
      fc.assert(
        fc.property(
          fc.record({ ...common, values: valuesOf("float32"), dy: valuesOf(dtype) }),
          ({ geometry, from, to, values, dy }) => {
            const { x, y } = shapesOf(geometry);
            const forward = new KernelCase();
            const reads = [forward.read("float32", x, contiguous, values)];
            const writes = [forward.write("float32", y, contiguous), forward.write("int32", y, contiguous)];
            const pooled = forward.reference({
              kind: "pool",
              mode: "max",
              geometry,
              countIncludePad: false,
              reads,
              writes,
            });
            const gradient = (index: readonly number[], given: readonly number[], make: Make<PoolKernel>): void => {
              const c = new KernelCase();
              const kernel = { kind: "pool", mode: "maxGradient", geometry, countIncludePad: false } as const;
              const indices = c.read("int32", y, contiguous, index.length === 0 ? [0] : index);
              check(
                c,
                { ...kernel, reads: [c.read(dtype, y, from, given), indices], writes: [c.write(dtype, x, to)] },
                make,
              );
            };
            gradient(pooled[1]!, dy, trusting);
            const plane = x[2]! * x[3]!;
            // Whole numbers, so that the order of additions does not matter.
            gradient(
              pooled[1]!.map((_, i) => ((i * 7) % (plane + 1)) - 1),
              dy.map(Math.round),
              poolKernel,
            );
          },
        ),
        { numRuns: 120 },
      );
    },
  );

  it.each(["float32", "float64", "int32"] as DType[])("takes %s at indices", (dtype) => {
    fc.assert(
      fc.property(fc.record({ ...common, values: valuesOf(dtype) }), ({ geometry, from, to, values }) => {
        const { x, y } = shapesOf(geometry);
        const plane = x[2]! * x[3]!;
        const c = new KernelCase();
        const index = Array.from({ length: 97 }, (_, i) => ((i * 5) % (plane + 1)) - 1);
        const reads = [c.read(dtype, x, from, values), c.read("int32", y, to, index)];
        check(
          c,
          { kind: "pool", mode: "maxTake", geometry, countIncludePad: false, reads, writes: [c.write(dtype, y, to)] },
          poolKernel,
        );
      }),
      { numRuns: 60 },
    );
  });

  it.each(["float32", "float64"] as DType[])(
    "averages of %s and their gradients, with padding counted or not",
    (dtype) => {
      fc.assert(
        fc.property(
          fc.record({ ...common, values: valuesOf(dtype), countIncludePad: fc.boolean() }),
          ({ geometry, from, to, values, countIncludePad }) => {
            const { x, y } = shapesOf(geometry);
            const c = new KernelCase();
            const kernel = { kind: "pool", geometry, countIncludePad } as const;
            check(
              c,
              { ...kernel, mode: "average", reads: [c.read(dtype, x, from, values)], writes: [c.write(dtype, y, to)] },
              poolKernel,
            );
            const back = new KernelCase();
            check(
              back,
              {
                ...kernel,
                mode: "averageGradient",
                reads: [back.read(dtype, y, from, values)],
                writes: [back.write(dtype, x, to)],
              },
              poolKernel,
            );
          },
        ),
        { numRuns: 120 },
      );
    },
  );

  it.each([
    ["2×2, stride 2, channels-last", [9, 32, 28, 28], 2, 2, 0, channelsLast],
    ["2×2, stride 2, channels-first", [9, 32, 28, 28], 2, 2, 0, contiguous],
    ["3×3, stride 2, padding 1, channels-last", [5, 20, 29, 31], 3, 2, 1, channelsLast],
    ["2×2, stride 2, channels-last, many channels", [3, 1030, 5, 5], 2, 2, 0, channelsLast],
  ] as const)("cuts %s into tasks", (_, x, kernel, stride, padding, layout) => {
    const along = (input: number): WindowAxis =>
      windowAxis({ input, kernel, stride, dilation: 1, padding: [padding, padding] });
    const axes = [along(x[2]), along(x[3])] as const;
    const geometry: PoolGeometry = { batch: x[0], channels: x[1], axes };
    const { y } = shapesOf(geometry);
    const values = Array.from({ length: 4099 }, (_, i) => Math.sin(i * 3.1));
    const c = new KernelCase();
    const base = { kind: "pool", geometry, countIncludePad: true } as const;
    const max: PoolKernel = {
      ...base,
      mode: "max",
      reads: [c.read("float32", x, layout, values)],
      writes: [c.write("float32", y, layout), c.write("int32", y, layout)],
    };
    const [, index] = check(c, max, poolKernel);
    const shaped = poolKernel(max, c.dtypesOf(max), { relaxed: true });
    expect(shaped.stages[0]!.tasks(shaped.extents)).toBeGreaterThan(1);
    const back = new KernelCase();
    check(
      back,
      {
        ...base,
        mode: "maxGradient",
        reads: [back.read("float32", y, contiguous, values), back.read("int32", y, contiguous, index!)],
        writes: [back.write("float32", x, layout)],
      },
      trusting,
    );
    const average = new KernelCase();
    check(
      average,
      {
        ...base,
        mode: "averageGradient",
        reads: [average.read("float32", y, layout, values)],
        writes: [average.write("float32", x, layout)],
      },
      poolKernel,
    );
  });

  it("needs no new code for another batch", () => {
    const key = (batch: number, layout: Layout, mode: "average" | "averageGradient"): string => {
      const along = windowAxis({ input: 8, kernel: 2, stride: 2, dilation: 1, padding: "valid" });
      const geometry: PoolGeometry = { batch, channels: 6, axes: [along, along] };
      const { x, y } = shapesOf(geometry);
      const c = new KernelCase();
      const [from, to] = mode === "average" ? [x, y] : [y, x];
      const kernel: PoolKernel = {
        kind: "pool",
        mode,
        geometry,
        countIncludePad: false,
        reads: [c.read("float32", from, layout, [1])],
        writes: [c.write("float32", to, layout)],
      };
      return poolKernel(kernel, c.dtypesOf(kernel), { relaxed: true }).stages[0]!.key;
    };
    for (const layout of [contiguous, channelsLast]) {
      for (const mode of ["average", "averageGradient"] as const)
        expect(key(64, layout, mode)).toBe(key(31, layout, mode));
    }
  });
});
