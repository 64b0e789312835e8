/** `map`: generated code against the reference executor, bit for bit, and the stated error bounds of its functions. */

import { type DType, dtypes, type MapKernel, ScalarBuilder, type UnaryName } from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapKernel } from "../src/kernels/map.ts";
import { expressionsOf } from "./expressions.ts";
import { backwards, channelsLast, contiguous, KernelCase, layouts, sameBits, shapes, valuesOf } from "./kernel-case.ts";

const dtype = fc.constantFrom<DType[]>("float32", "float32", "float32", ...dtypes);

const cases = fc.tuple(shapes(), fc.array(dtype, { maxLength: 3 })).chain(([shape, reads]) =>
  fc.record({
    shape: fc.constant(shape),
    reads: fc.tuple(
      ...reads.map((d) => fc.record({ dtype: fc.constant(d), layout: layouts, values: valuesOf(d, true) })),
    ),
    random: expressionsOf(reads, shape.length),
    layout: fc.array(layouts, { minLength: 3, maxLength: 3 }),
  }),
);

describe("map", () => {
  it("gives the reference's bits for any expression, dtype and layout, whatever the order of tasks", () => {
    fc.assert(
      fc.property(cases, ({ shape, reads, random, layout }) => {
        const c = new KernelCase();
        const kernel: MapKernel = {
          kind: "map",
          shape,
          expression: random.expression,
          reads: reads.map((r) => c.read(r.dtype, shape, r.layout, r.values)),
          writes: random.writes.map((d, i) => c.write(d, shape, layout[i]!)),
        };
        const expected = c.reference(kernel);
        const { results } = c.generated(kernel, mapKernel, backwards);
        results.forEach((r, i) => {
          if (!sameBits(r, expected[i]!)) throw new Error(`write ${i}: ${r.join()} instead of ${expected[i]!.join()}`);
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["one loop", [3, 50_021], contiguous, [1, 1]],
    ["rows that are cut into pieces", [3, 50_021], contiguous, [3, 1]],
    ["many rows", [40_000, 7], contiguous, [1, 7]],
    ["rows of less than a vector", [13, 3, 41, 43], channelsLast, [1, 3, 1, 1]],
    ["channels-last with a value for each channel", [2, 19, 61, 67], channelsLast, [1, 19, 1, 1]],
  ])("cuts %s into tasks that give the same bits in any order", (_, shape, layout, small) => {
    const c = new KernelCase();
    const e = new ScalarBuilder();
    const sum = e.binary("add", e.binary("mul", e.read(0, "float32"), e.read(1, "float32")), e.const(0.1, "float32"));
    const along = e.cast(e.index(shape.length - 1), "float32");
    const values = Array.from({ length: 9973 }, (_, i) => Math.sin(i) * 10);
    const repeats = small.map((n, axis) => n === 1 && shape[axis] !== 1);
    const kernel: MapKernel = {
      kind: "map",
      shape,
      expression: e.build([sum, e.binary("add", along, sum)]),
      reads: [
        c.read("float32", shape, layout, values),
        c.read("float32", shape, { ...layout, repeats: [...repeats, false] }, values),
      ],
      writes: [c.write("float32", shape, layout), c.write("float32", shape, contiguous)],
    };
    const expected = c.reference(kernel);
    const inOrder = c.generated(kernel, mapKernel);
    const reversed = c.generated(kernel, mapKernel, backwards);
    for (const w of [0, 1]) {
      expect(sameBits(inOrder.results[w]!, expected[w]!)).toBe(true);
      expect(sameBits(reversed.results[w]!, expected[w]!)).toBe(true);
    }
    const shaped = mapKernel(kernel, c.dtypesOf(kernel), { relaxed: true });
    expect(shaped.stages[0]!.tasks(shaped.extents)).toBeGreaterThan(2);
  });

  it("shifts by constants as they are after the cast to their dtype", () => {
    for (const amount of [3, 37, -1, 1e10, Number.POSITIVE_INFINITY, Number.NaN]) {
      const c = new KernelCase();
      const e = new ScalarBuilder();
      const by = e.const(amount, "int32");
      const kernel: MapKernel = {
        kind: "map",
        shape: [9],
        expression: e.build([e.binary("shl", e.read(0, "int32"), by), e.binary("shrU", e.read(0, "int32"), by)]),
        reads: [c.read("int32", [9], contiguous, [1, -1, 1234567])],
        writes: [c.write("int32", [9], contiguous), c.write("int32", [9], contiguous)],
      };
      expect(c.generated(kernel, mapKernel).results).toEqual(c.reference(kernel));
    }
  });

  it("needs no new code for another outermost extent", () => {
    const stageKey = (batch: number, order: number[]): string => {
      const shape = [batch, 16, 5, 5];
      const c = new KernelCase();
      const e = new ScalarBuilder();
      const layout = { ...contiguous, keys: order };
      const kernel: MapKernel = {
        kind: "map",
        shape,
        expression: e.build([e.binary("add", e.read(0, "float32"), e.read(1, "float32"))]),
        reads: [
          c.read("float32", shape, layout, [1]),
          c.read("float32", shape, { ...layout, repeats: [true, false, true, true, false] }, [1]),
        ],
        writes: [c.write("float32", shape, layout)],
      };
      return mapKernel(kernel, c.dtypesOf(kernel), { relaxed: true }).stages[0]!.key;
    };
    for (const order of [contiguous.keys, channelsLast.keys]) {
      expect(stageKey(64, [...order])).toBe(stageKey(32, [...order]));
      expect(stageKey(64, [...order])).toBe(stageKey(2, [...order]));
    }
  });

  it("does nothing over no elements", () => {
    const c = new KernelCase();
    const e = new ScalarBuilder();
    const kernel: MapKernel = {
      kind: "map",
      shape: [3, 0, 2],
      expression: e.build([e.read(0, "float32")]),
      reads: [c.read("float32", [3, 0, 2], contiguous, [1])],
      writes: [c.write("float32", [3, 0, 2], contiguous)],
    };
    const shaped = mapKernel(kernel, c.dtypesOf(kernel), { relaxed: true });
    expect(shaped.stages[0]!.tasks(shaped.extents)).toBe(0);
  });
});

/** Applies a function of the scalar language to all of `values`. */
function apply(
  op: UnaryName | "pow",
  dtype: "float32" | "float64",
  x: readonly number[],
  y?: readonly number[],
): number[] {
  const c = new KernelCase();
  const e = new ScalarBuilder();
  const shape = [x.length];
  const value = op === "pow" ? e.binary("pow", e.read(0, dtype), e.read(1, dtype)) : e.unary(op, e.read(0, dtype));
  const kernel: MapKernel = {
    kind: "map",
    shape,
    expression: e.build([value]),
    reads: [x, ...(y === undefined ? [] : [y])].map((v) => c.read(dtype, shape, contiguous, v)),
    writes: [c.write(dtype, shape, contiguous)],
  };
  return c.generated(kernel, mapKernel).results[0]!;
}

/** The reference's value of the same function in float64. */
function exact(op: UnaryName | "pow", x: readonly number[], y?: readonly number[]): number[] {
  const c = new KernelCase();
  const e = new ScalarBuilder();
  const shape = [x.length];
  const value =
    op === "pow" ? e.binary("pow", e.read(0, "float64"), e.read(1, "float64")) : e.unary(op, e.read(0, "float64"));
  return c.reference({
    kind: "map",
    shape,
    expression: e.build([value]),
    reads: [x, ...(y === undefined ? [] : [y])].map((v) => c.read("float64", shape, contiguous, v)),
    writes: [c.write("float64", shape, contiguous)],
  })[0]!;
}

/** Distance in units in the last place of the exact result; 0 for equal specials, ∞ for different ones. */
function ulps(value: number, wanted: number, digits: 24 | 53): number {
  const rounded = digits === 24 ? Math.fround(wanted) : wanted;
  if (Object.is(value, rounded)) return 0;
  // A result just below the overflow threshold may round either way.
  if (digits === 24 && Math.abs(wanted) > 3.4028234e38 && Math.abs(value) > 3.402823e38) return 1;
  if (!Number.isFinite(value) || !Number.isFinite(rounded) || (value === 0 && rounded === 0))
    return Number.POSITIVE_INFINITY;
  const least = digits === 24 ? 2 ** -126 : 2 ** -1022;
  const unit = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(wanted), least))) - digits + 1);
  return Math.abs(value - wanted) / unit;
}

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  -3,
  100,
  -100,
  88.72283,
  88.7229,
  -87.4,
  -103.9,
  -104.1,
  1e-45,
  -1e-45,
  1.1754942e-38,
  1e-30,
  -1e-30,
  1e6,
  -1e6,
  1e7,
  8388609,
  1e10,
  1e22,
  1e38,
  -1e38,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]; // prettier-ignore

/** Every float32 bit pattern a multiple of `step`, and the special ones. */
function sweep32(step: number): number[] {
  const count = Math.floor(2 ** 32 / step);
  const bits = Int32Array.from({ length: count }, (_, i) => i * step);
  return [...special.map(Math.fround), ...new Float32Array(bits.buffer)];
}

const bounds: [UnaryName, number, number][] = [
  ["exp", 1.1, 2],
  ["expm1", 2, 2],
  ["log", 1, 2],
  ["log1p", 1, 2],
  ["tanh", 3, 3],
  ["sigmoid", 3, 2],
  ["sin", 2, 2],
  ["cos", 2, 2],
  ["erf", 2, 2],
  ["sqrt", 0.5, 0.5],
  ["reciprocal", 0.5, 0.5],
]; // prettier-ignore

describe("functions", () => {
  it.each(bounds)(
    "%s of float32 is within %f units in the last place, right at zeros, infinities and NaN",
    (op, bound) => {
      const x = sweep32(50_021);
      const values = apply(op, "float32", x);
      const wanted = exact(op, x);
      const worst = x.reduce((w, _, i) => Math.max(w, ulps(values[i]!, wanted[i]!, 24)), 0);
      expect(worst).toBeLessThanOrEqual(bound);
    },
  );

  it.each(bounds)("%s of float64 agrees with the engine's within %f, %f units in the last place", (op, _, bound) => {
    const x = [
      ...special,
      ...Array.from({ length: 30_000 }, (_, i) => Math.sin(i * 1.7) * 2 ** ((i % 80) - 40)),
      1e300,
      -1e300,
      5e-324,
      709.7,
      -745,
    ];
    const values = apply(op, "float64", x);
    const wanted = exact(op, x);
    const worst = x.reduce((w, _, i) => Math.max(w, ulps(values[i]!, wanted[i]!, 53)), 0);
    expect(worst).toBeLessThanOrEqual(bound);
  });

  it("pow is within 1 unit in the last place and has IEEE's special values", () => {
    const random = Array.from({ length: 40_000 }, (_, i): [number, number] => [
      Math.fround(Math.sin(i * 0.7) * 2 ** ((i % 30) - 15)),
      i % 2 === 0 ? (i % 41) - 20 : Math.fround(Math.cos(i * 1.3) * 2 ** ((i % 17) - 8)),
    ]);
    const powers = [...special, 0.25, -7, 16777215, 16777216, 4, 5].map(Math.fround);
    const pairs = [...random, ...powers.flatMap((a) => powers.map((b): [number, number] => [a, b]))];
    const [x, y] = [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
    const wanted = exact("pow", x, y);
    for (const [dtype, digits] of [
      ["float32", 24],
      ["float64", 53],
    ] as const) {
      const values = apply("pow", dtype, x, y);
      const worst = x.reduce((w, _, i) => Math.max(w, ulps(values[i]!, wanted[i]!, digits)), 0);
      expect(worst).toBeLessThanOrEqual(1);
    }
  });

  it("gives the same bits wherever an element lies", () => {
    const x = sweep32(80_000_023);
    for (const op of ["exp", "log", "tanh", "erf", "sin", "sigmoid"] as const) {
      const alone = x.map((v) => apply(op, "float32", [v])[0]!);
      expect(sameBits(apply(op, "float32", x), alone)).toBe(true);
    }
  });
});
