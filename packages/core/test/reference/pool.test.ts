import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PoolGeometry, type WindowAxis, windowAxis } from "../../src/program/geometry.ts";
import type { PoolKernel } from "../../src/program/kernels.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { at, indices, inputView, layouts, ordinal, temporaryView } from "./views.ts";

const axes: fc.Arbitrary<WindowAxis> = fc
  .record({
    input: fc.integer({ min: 1, max: 7 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    before: fc.nat(5),
    after: fc.nat(5),
    ceilMode: fc.boolean(),
  })
  .map(({ before, after, ...rest }) => windowAxis({ ...rest, padding: [before, after] }));

const geometries: fc.Arbitrary<PoolGeometry> = fc.record({
  batch: fc.nat(2),
  channels: fc.integer({ min: 1, max: 3 }),
  axes: fc.tuple(axes, axes),
});

function shapesOf({ batch, channels, axes: [rows, columns] }: PoolGeometry) {
  return { x: [batch, channels, rows.input, columns.input], y: [batch, channels, rows.output, columns.output] };
}

/** Input positions of a window along one axis, and how many of its taps lie inside input and padding. */
function taps(axis: WindowAxis, p: number): { inside: number[]; padded: number } {
  const all = Array.from({ length: axis.kernel }, (_, k) => p * axis.stride - axis.padBefore + k * axis.dilation);
  return {
    inside: all.filter((i) => i >= 0 && i < axis.input),
    padded: all.filter((i) => i < axis.input + axis.padAfter).length,
  };
}

/** Positions inside the plane that a window reads, row-major, and the size of the window with its padding. */
function windowOf(g: PoolGeometry, p: number, q: number): { inside: [number, number][]; padded: number } {
  const [rows, columns] = [taps(g.axes[0], p), taps(g.axes[1], q)];
  const inside = rows.inside.flatMap((i) => columns.inside.map((j): [number, number] => [i, j]));
  return { inside, padded: rows.padded * columns.padded };
}

const numbers = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -2, max: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -Infinity, Infinity) },
);
const data = fc.array(numbers, { minLength: 7, maxLength: 60 });
const finite = fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 7, maxLength: 60 });

function pool(mode: PoolKernel["mode"], geometry: PoolGeometry, countIncludePad = false) {
  return { kind: "pool" as const, mode, geometry, countIncludePad };
}

describe("max pooling", () => {
  it("takes the first maximum in row-major order, the first NaN before it, −1 and −∞ for padding alone", () => {
    fc.assert(
      fc.property(geometries, layouts, layouts, data, (g, from, to, values) => {
        const b = new ProgramBuilder();
        const { x: xShape, y: yShape } = shapesOf(g);
        const x = inputView(b, "float32", xShape, from, values);
        const [y, index] = [temporaryView(b, "float32", yShape, to), temporaryView(b, "int32", yShape, to)];
        b.kernel({ ...pool("max", g), reads: [x.operand], writes: [y, index] })
          .output(y)
          .output(index);
        const wanted = indices(yShape).map(([n, c, p, q]) => {
          let [best, found] = [-Infinity, -1];
          for (const [i, j] of windowOf(g, p!, q!).inside) {
            const v = at(x, [n!, c!, i, j]);
            if (Number.isNaN(best)) continue;
            if (found === -1 || v > best || Number.isNaN(v)) [best, found] = [v, i * g.axes[1].input + j];
          }
          return [best, found];
        });
        expect(b.run()).toEqual([wanted.map((w) => w[0]), wanted.map((w) => w[1])]);
      }),
      { numRuns: 150 },
    );
  });

  it("gives ties to the first element of the window", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [1, 1, 2, 4], [5, 5, 1, 7, 5, 5, 7, 7]);
    const axis = (input: number) => windowAxis({ input, kernel: 2, stride: 2, dilation: 1, padding: "valid" });
    const g: PoolGeometry = { batch: 1, channels: 1, axes: [axis(2), axis(4)] };
    const [y, index] = [b.temporary("float32", [1, 1, 1, 2]), b.temporary("int32", [1, 1, 1, 2])];
    b.kernel({ ...pool("max", g), reads: [x], writes: [y, index] })
      .output(y)
      .output(index);
    expect(b.run()).toEqual([
      [5, 7],
      [0, 3],
    ]); // prettier-ignore
  });

  it("works on int32 values as well", () => {
    const b = new ProgramBuilder();
    const x = b.input("int32", [1, 1, 1, 3], [-7, -2147483648, -9]);
    const rows = windowAxis({ input: 1, kernel: 1, stride: 1, dilation: 1, padding: "valid" });
    const columns = windowAxis({ input: 3, kernel: 2, stride: 2, dilation: 1, padding: [2, 0] });
    const g: PoolGeometry = { batch: 1, channels: 1, axes: [rows, columns] };
    const [y, index] = [b.temporary("int32", [1, 1, 1, 2]), b.temporary("int32", [1, 1, 1, 2])];
    b.kernel({ ...pool("max", g), reads: [x], writes: [y, index] })
      .output(y)
      .output(index);
    expect(b.run()).toEqual([
      [-2147483648, -7],
      [-1, 0],
    ]); // prettier-ignore
  });

  it("adds gradients at the index and takes values from it, both ignoring −1", () => {
    fc.assert(
      fc.property(geometries, layouts, finite, (g, layout, values) => {
        const b = new ProgramBuilder();
        const { x: xShape, y: yShape } = shapesOf(g);
        const plane = g.axes[0].input * g.axes[1].input;
        const places = values.map((v) => (Math.floor(Math.abs(v) * 7) % (plane + 1)) - 1);
        const dy = inputView(b, "float32", yShape, layout, values);
        const index = inputView(b, "int32", yShape, layout, places);
        const x = inputView(b, "float32", xShape, layout, values);
        const [dx, taken] = [b.temporary("float32", xShape), b.temporary("float32", yShape)];
        b.kernel({ ...pool("maxGradient", g), reads: [dy.operand, index.operand], writes: [dx] });
        b.kernel({ ...pool("maxTake", g), reads: [x.operand, index.operand], writes: [taken] });
        const sums = indices(xShape).map(() => 0);
        const wanted = indices(yShape).map((p) => {
          const i = at(index, p);
          if (i < 0) return 0;
          const to = [p[0]!, p[1]!, Math.floor(i / g.axes[1].input), i % g.axes[1].input];
          sums[ordinal(xShape, to)]! += at(dy, p);
          return at(x, to);
        });
        expect(b.output(dx).output(taken).run()).toEqual([sums.map(Math.fround), wanted]);
      }),
      { numRuns: 80 },
    );
  });
});

describe("average pooling", () => {
  it.each([true, false])("divides by the window inside input and padding, or input alone: %s", (countIncludePad) => {
    fc.assert(
      fc.property(
        geometries,
        layouts,
        finite,
        fc.constantFrom<DType>("float32", "float64"),
        (g, layout, values, dtype) => {
          const b = new ProgramBuilder();
          const { x: xShape, y: yShape } = shapesOf(g);
          const x = inputView(b, dtype, xShape, layout, values);
          const dy = inputView(b, dtype, yShape, layout, values);
          const [y, dx] = [temporaryView(b, dtype, yShape, layout), b.temporary(dtype, xShape)];
          b.kernel({ ...pool("average", g, countIncludePad), reads: [x.operand], writes: [y] });
          b.kernel({ ...pool("averageGradient", g, countIncludePad), reads: [dy.operand], writes: [dx] });
          const gradient = indices(xShape).map(() => 0);
          const round = dtype === "float32" ? Math.fround : (v: number) => v;
          const means = indices(yShape).map((position) => {
            const [n, c, p, q] = position as [number, number, number, number];
            const { inside, padded } = windowOf(g, p, q);
            if (inside.length === 0) return 0;
            const divisor = countIncludePad ? padded : inside.length;
            let sum = 0;
            for (const [i, j] of inside) {
              sum += at(x, [n, c, i, j]);
              gradient[ordinal(xShape, [n, c, i, j])]! += at(dy, position) / divisor;
            }
            return round(sum / divisor);
          });
          const results = b.output(y).output(dx).run();
          expect(results.map((list) => list.map((v) => v + 0))).toEqual(
            [means, gradient.map(round)].map((list) => list.map((v) => v + 0)),
          );
        },
      ),
      { numRuns: 80 },
    );
  });

  it("counts a last window of ceil mode as PyTorch does", () => {
    // 5 elements, kernel 2, stride 2, ceil: the last window holds one element and lies half outside.
    const axis = windowAxis({ input: 5, kernel: 2, stride: 2, dilation: 1, padding: [0, 0], ceilMode: true });
    const one = windowAxis({ input: 1, kernel: 1, stride: 1, dilation: 1, padding: "valid" });
    expect(axis.output).toBe(3);
    const g: PoolGeometry = { batch: 1, channels: 1, axes: [one, axis] };
    for (const countIncludePad of [true, false]) {
      const b = new ProgramBuilder();
      const x = b.input("float32", [1, 1, 1, 5], [1, 3, 5, 7, 9]);
      const y = b.temporary("float32", [1, 1, 1, 3]);
      b.kernel({ ...pool("average", g, countIncludePad), reads: [x], writes: [y] }).output(y);
      expect(b.run()).toEqual([[2, 6, 9]]);
    }
  });
});
