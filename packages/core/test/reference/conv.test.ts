import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConvGeometry, type WindowAxis, windowAxis } from "../../src/program/geometry.ts";
import type { ConvKernel } from "../../src/program/kernels.ts";
import type { Operand } from "../../src/program/operand.ts";
import { ScalarBuilder } from "../../src/program/scalar.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { executors, ProgramBuilder } from "./program-builder.ts";
import { at, contiguous, indices, inputView, type Layout, layouts, ordinal, temporaryView } from "./views.ts";

/** Kernels larger than the input, asymmetric padding, dilation and empty inputs are all in. */
const axes: fc.Arbitrary<WindowAxis> = fc
  .record({
    input: fc.integer({ min: 0, max: 7 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    before: fc.nat(4),
    after: fc.nat(4),
  })
  .map(({ before, after, ...rest }) => windowAxis({ ...rest, padding: [before, after] }));

const geometries: fc.Arbitrary<ConvGeometry> = fc.record({
  batch: fc.nat(3),
  groups: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 5 }),
  filters: fc.integer({ min: 1, max: 6 }),
  axes: fc.tuple(axes, axes),
});

type Shapes = Record<"x" | "w" | "y", [number, number, number, number]>;

function shapesOf({ batch, groups, channels, filters, axes: [rows, columns] }: ConvGeometry): Shapes {
  return {
    x: [batch, groups * channels, rows.input, columns.input],
    w: [groups * filters, channels, rows.kernel, columns.kernel],
    y: [batch, groups * filters, rows.output, columns.output],
  };
}

/** Every connection of an output with an input through a weight, all of them multi-indices. */
function connections(g: ConvGeometry, visit: (y: number[], x: number[], w: number[]) => void): void {
  const { y, w } = shapesOf(g);
  const [rows, columns] = g.axes;
  for (const [n, o, p, q] of indices(y) as [number, number, number, number][]) {
    for (const [c, k, l] of indices(w.slice(1)) as [number, number, number][]) {
      const i = p * rows.stride - rows.padBefore + k * rows.dilation;
      const j = q * columns.stride - columns.padBefore + l * columns.dilation;
      if (i < 0 || i >= rows.input || j < 0 || j >= columns.input) continue;
      visit([n, o, p, q], [n, Math.floor(o / g.filters) * g.channels + c, i, j], [o, c, k, l]);
    }
  }
}

const directions = ["forward", "inputGradient", "weightGradient"] as const;
type Direction = (typeof directions)[number];

/** Which of x, w, y a direction reads and writes. */
const roles: Record<Direction, readonly ["x" | "w" | "y", "x" | "w" | "y", "x" | "w" | "y"]> = {
  forward: ["x", "w", "y"],
  inputGradient: ["y", "w", "x"],
  weightGradient: ["x", "y", "w"],
};

type View = { operand: Operand; data: number[] };
type Term = (sum: number, a: number, b: number) => number;

function oracle(direction: Direction, g: ConvGeometry, a: View, b: View, plus: Term): number[] {
  const shapes = shapesOf(g);
  const [first, second, out] = roles[direction];
  const sums = new Array<number>(sizeOf(shapes[out])).fill(0);
  connections(g, (y, x, w) => {
    const index = { x, y, w };
    const to = ordinal(shapes[out], index[out]);
    sums[to] = plus(sums[to]!, at(a, index[first]), at(b, index[second]));
  });
  return sums;
}

function convolution(
  b: ProgramBuilder,
  direction: Direction,
  g: ConvGeometry,
  dtype: DType,
  values: number[],
  places: readonly Layout[],
) {
  const shapes = shapesOf(g);
  const [first, second, out] = roles[direction];
  const one = inputView(b, dtype, shapes[first], places[0]!, values);
  const two = inputView(b, dtype, shapes[second], places[1]!, values);
  const write = temporaryView(b, dtype, shapes[out], places[2]!);
  const kernel: ConvKernel = {
    kind: "conv",
    direction,
    geometry: g,
    reads: [one.operand, two.operand],
    writes: [write],
  };
  return { one, two, kernel, write };
}

const places = fc.tuple(layouts, layouts, layouts);
const multiply: Term = (s, a, b) => s + a * b;

describe.each(directions)("conv %s", (direction) => {
  // Small integers: every order of summation gives the same, so the comparison is exact.
  it("is its definition, for any geometry and any strides", () => {
    const values = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 7, maxLength: 97 });
    for (const dtype of ["float32", "float64", "int32"] as const) {
      fc.assert(
        fc.property(geometries, places, values, (g, layout, data) => {
          const b = new ProgramBuilder();
          const { one, two, kernel, write } = convolution(b, direction, g, dtype, data, layout);
          const [result] = b.kernel(kernel).output(write).run();
          expect(result!.map((v) => v + 0)).toEqual(oracle(direction, g, one, two, multiply).map((v) => v + 0));
        }),
        { numRuns: 60 },
      );
    }
  });

  it("rounds once, and repeats bit for bit", () => {
    const values = fc.array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: 7, maxLength: 97 });
    fc.assert(
      fc.property(geometries, values, (g, data) => {
        const b = new ProgramBuilder();
        const { one, two, kernel, write } = convolution(b, direction, g, "float32", data, [
          contiguous,
          contiguous,
          contiguous,
        ]);
        const [result] = b.kernel(kernel).output(write).run();
        const wanted = oracle(direction, g, one, two, multiply);
        result!.forEach((v, i) => {
          expect(Math.abs(v - wanted[i]!)).toBeLessThanOrEqual(1e-7 * Math.abs(wanted[i]!) + 1e-11);
        });
        expect(b.run()[0]).toEqual(result);
      }),
      { numRuns: 30 },
    );
  });

  it("wraps int32", () => {
    fc.assert(
      fc.property(geometries, fc.array(fc.integer(), { minLength: 7, maxLength: 97 }), (g, data) => {
        const b = new ProgramBuilder();
        const { one, two, kernel, write } = convolution(b, direction, g, "int32", data, [
          contiguous,
          contiguous,
          contiguous,
        ]);
        const wanted = oracle(direction, g, one, two, (s, a, c) => (s + Math.imul(a, c)) | 0);
        expect(b.kernel(kernel).output(write).run()[0]).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });

  it("hands NaN on to the outputs that read it, and to no other", () => {
    fc.assert(
      fc.property(geometries, fc.nat(1000), (g, n) => {
        const b = new ProgramBuilder();
        const { one, two, kernel, write } = convolution(
          b,
          direction,
          g,
          "float32",
          [1],
          [contiguous, contiguous, contiguous],
        );
        const input = one.data;
        if (sizeOf(one.operand.shape) > 0) input[n % sizeOf(one.operand.shape)] = Number.NaN;
        const bad = b.input("float32", [input.length], input);
        const reads = [{ ...one.operand, buffer: bad.buffer }, kernel.reads[1]!];
        expect(
          b
            .kernel({ ...kernel, reads })
            .output(write)
            .run()[0],
        ).toEqual(oracle(direction, g, one, two, multiply));
      }),
      { numRuns: 40 },
    );
  });

  it("runs an epilogue with the bits of separate kernels", () => {
    const values = fc.array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: 7, maxLength: 97 });
    fc.assert(
      fc.property(geometries, values, (g, data) => {
        const b = new ProgramBuilder();
        const { kernel, write } = convolution(b, direction, g, "float32", data, [contiguous, contiguous, contiguous]);
        const { shape } = write;
        const bias = inputView(b, "float32", [1, shape[1]!, 1, 1], contiguous, data).operand;
        const s = new ScalarBuilder();
        const epilogue = s.build([s.unary("tanh", s.binary("add", s.read(0, "float32"), s.read(1, "float32")))]);
        const [plain, single] = [b.temporary("float32", shape), b.temporary("float32", shape)];
        b.kernel({ ...kernel, epilogue, epilogueReads: [bias] });
        b.kernel({ ...kernel, writes: [plain] });
        const wide = { ...bias, shape, strides: [0, 1, 0, 0] };
        b.kernel({ kind: "map", shape, reads: [plain, wide], writes: [single], expression: epilogue });
        const [fused, apart] = b.output(write).output(single).run();
        expect(fused).toEqual(apart);
      }),
      { numRuns: 30 },
    );
  });
});

describe("conv", () => {
  it("convolves the example of the docs by hand", () => {
    const [_, make] = executors[0]!;
    const b = new ProgramBuilder();
    // Prewitt's vertical-edge filter on a step: the edge lights up, the flat parts stay dark.
    const x = b.input("float32", [1, 1, 3, 4], [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
    const w = b.input("float32", [1, 1, 3, 3], [-1, 0, 1, -1, 0, 1, -1, 0, 1]);
    const axis = (input: number) => windowAxis({ input, kernel: 3, stride: 1, dilation: 1, padding: "valid" });
    const y = b.temporary("float32", [1, 1, 1, 2]);
    const geometry: ConvGeometry = { batch: 1, groups: 1, channels: 1, filters: 1, axes: [axis(3), axis(4)] };
    b.kernel({ kind: "conv", direction: "forward", geometry, reads: [x, w], writes: [y] }).output(y);
    expect(b.run(make())).toEqual([[3, 3]]);
  });
});
