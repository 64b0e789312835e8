/** `reduce`: generated code against the reference executor over random axes, layouts, dtypes and cuts of the work. */

import {
  type Accumulator,
  type DType,
  type Kernel,
  type ReduceKernel,
  ScalarBuilder,
  type ScalarExpression,
  sizeOf,
} from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reduceKernel } from "../src/kernels/reduce.ts";
import { expressionsOf } from "./expressions.ts";
import {
  backwards,
  channelsLast,
  contiguous,
  KernelCase,
  type Layout,
  layouts,
  type Make,
  sameBits,
  shapes,
  valuesOf,
} from "./kernel-case.ts";

const kinds: Accumulator["kind"][] = ["sum", "product", "min", "max", "argmin", "argmax", "moments"];
const isIndex = (kind: Accumulator["kind"]): boolean => kind === "argmin" || kind === "argmax";

/** Cut into units of about that many elements, so that small shapes meet many units and chunks. */
const cutInto =
  (work: number): Make<ReduceKernel> =>
  (kernel, dtypes, options) =>
    reduceKernel(kernel, dtypes, options, { work });

interface Spec {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly accumulators: readonly Accumulator[];
  readonly prologue: ScalarExpression;
  readonly reads: readonly { readonly dtype: DType; readonly layout: Layout; readonly values: readonly number[] }[];
  readonly write: Layout;
}

/** The identity over the accumulators' results, of the dtypes that they have. */
function identityOver({ prologue, accumulators }: Pick<Spec, "prologue" | "accumulators">): {
  epilogue: ScalarExpression;
  dtypes: DType[];
} {
  const dtypes = accumulators.flatMap(({ kind, value }): DType[] => {
    const { dtype } = prologue.instructions[prologue.results[value]!]!;
    return isIndex(kind) ? ["int32"] : kind === "moments" ? [dtype, dtype] : [dtype];
  });
  const e = new ScalarBuilder();
  return { epilogue: e.build(dtypes.map((d, i) => e.read(i, d))), dtypes };
}

function build(spec: Spec, c: KernelCase): ReduceKernel {
  const { shape, axes, accumulators, prologue, reads, write } = spec;
  const { epilogue, dtypes } = identityOver(spec);
  const keptShape = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const flat = (o: { strides: readonly number[] }) => o.strides.map((s, axis) => (axes.includes(axis) ? 0 : s));
  return {
    kind: "reduce",
    shape,
    axes,
    accumulators,
    prologue,
    epilogue,
    epilogueReads: [],
    reads: reads.map((r) => c.read(r.dtype, shape, r.layout, r.values)),
    writes: dtypes.map((d) => {
      const o = c.write(d, keptShape, write);
      return { ...o, strides: flat(o) };
    }),
  };
}

/** Equal for integers; within a few roundings of the exact value for floats, equal specials. */
function close(value: number, wanted: number, dtype: DType, scale: number): boolean {
  if (Object.is(value, wanted)) return true;
  if (dtype !== "float32" && dtype !== "float64") return false;
  if (!Number.isFinite(value) || !Number.isFinite(wanted)) return false;
  return Math.abs(value - wanted) <= (dtype === "float32" ? 2e-7 : 1e-12) * Math.max(Math.abs(wanted), scale);
}

function compareWithReference(spec: Spec, work: number, scale: number): void {
  const c = new KernelCase();
  const kernel = build(spec, c);
  const expected = c.reference(kernel as Kernel);
  const { results } = c.generated(kernel, cutInto(work), backwards);
  const again = c.generated(kernel, cutInto(work));
  results.forEach((r, i) => {
    if (!sameBits(r, again.results[i]!)) throw new Error(`write ${i}: the order of tasks changes bits`);
    const dtype = c.dtypesOf(kernel).writes[i]!;
    r.forEach((v, k) => {
      if (!close(v, expected[i]![k]!, dtype, scale))
        throw new Error(`write ${i}: ${r.join()} instead of ${expected[i]!.join()}`);
    });
  });
}

const axesOf = (rank: number): fc.Arbitrary<number[]> => fc.subarray(Array.from({ length: rank }, (_, i) => i));

describe("reduce", () => {
  it.each(kinds)("%s gives the reference's values for any axes, layout and dtype", (kind) => {
    const dtypes: DType[] =
      kind === "moments" ? ["float32", "float64"] : ["float32", "float32", "float64", "int32", "uint8", "bool"];
    const cases = fc.tuple(shapes(4, 400), fc.constantFrom(...dtypes)).chain(([shape, dtype]) =>
      fc.record({
        shape: fc.constant(shape),
        axes: axesOf(shape.length),
        dtype: fc.constant(dtype),
        layout: layouts,
        write: layouts,
        values: valuesOf(dtype, kind !== "product" && kind !== "sum"),
        work: fc.constantFrom(64, 256, 1 << 15),
      }),
    );
    fc.assert(
      fc.property(cases, ({ shape, axes, dtype, layout, write, values, work }) => {
        const e = new ScalarBuilder();
        const prologue = e.build([e.read(0, dtype)]);
        const accumulators: Accumulator[] = [{ kind, value: 0 }];
        const small = kind === "product" ? values.map((v) => (dtype.startsWith("float") ? v / 50 : v)) : values;
        const n = sizeOf(axes.map((a) => shape[a]!));
        const most = Math.max(...small.filter(Number.isFinite).map(Math.abs), 0);
        const scale = kind === "sum" ? n * most : kind === "moments" ? n * most * most : 0;
        compareWithReference(
          { shape, axes, accumulators, prologue, reads: [{ dtype, layout, values: small }], write },
          work,
          scale,
        );
      }),
      { numRuns: 80 },
    );
  });

  it("takes several accumulators over values that a prologue computes, which may read indices", () => {
    const cases = shapes(4, 300).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axes: axesOf(shape.length),
        reads: fc.tuple(
          fc.record({ dtype: fc.constant<DType>("float32"), layout: layouts, values: valuesOf("float32") }),
          fc.record({ dtype: fc.constant<DType>("bool"), layout: layouts, values: valuesOf("bool") }),
        ),
        random: expressionsOf(["float32", "bool"], shape.length),
        picks: fc.array(fc.constantFrom<Accumulator["kind"]>("min", "max", "argmin", "argmax"), {
          minLength: 3,
          maxLength: 3,
        }),
        write: layouts,
        work: fc.constantFrom(64, 256, 1 << 15),
      }),
    );
    fc.assert(
      fc.property(cases, ({ shape, axes, reads, random, picks, write, work }) => {
        const accumulators = random.writes.map((_, i): Accumulator => ({ kind: picks[i]!, value: i }));
        compareWithReference({ shape, axes, accumulators, prologue: random.expression, reads, write }, work, 0);
      }),
      { numRuns: 120 },
    );
  });

  it("runs the epilogue over its own reads and the index of kept axes", () => {
    fc.assert(
      fc.property(shapes(3, 200), layouts, fc.nat(7), fc.constantFrom(64, 1 << 15), (shape, layout, bits, work) => {
        const axes = shape.flatMap((_, axis) => ((bits >> axis) & 1 ? [axis] : []));
        const kept = shape.findIndex((_, axis) => !axes.includes(axis));
        const keptShape = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
        const c = new KernelCase();
        const p = new ScalarBuilder();
        const e = new ScalarBuilder();
        const scaled = e.binary(
          "add",
          e.binary("mul", e.read(0, "float32"), e.read(2, "float32")),
          e.read(1, "float32"),
        );
        const shifted = kept < 0 ? scaled : e.binary("add", scaled, e.cast(e.index(kept), "float32"));
        const values = Array.from({ length: 31 }, (_, i) => (i % 7) - 3);
        const flat = (o: ReturnType<KernelCase["read"]>) => ({
          ...o,
          strides: o.strides.map((s, axis) => (axes.includes(axis) ? 0 : s)),
        });
        const kernel: ReduceKernel = {
          kind: "reduce",
          shape,
          axes,
          accumulators: [
            { kind: "sum", value: 0 },
            { kind: "max", value: 0 },
          ],
          prologue: p.build([p.read(0, "float32")]),
          epilogue: e.build([shifted, e.read(1, "float32")]),
          reads: [c.read("float32", shape, layout, values)],
          epilogueReads: [flat(c.read("float32", keptShape, layout, values))],
          writes: [flat(c.write("float32", keptShape, layout)), flat(c.write("float32", keptShape, contiguous))],
        };
        const expected = c.reference(kernel);
        const { results } = c.generated(kernel, cutInto(work), backwards);
        results.forEach((r, i) => {
          expect(sameBits(r, expected[i]!)).toBe(true);
        });
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ["the last axis", [301, 1000], contiguous, [1]],
    ["all axes", [64, 33, 29, 5], contiguous, [0, 1, 2, 3]],
    ["all but channels, channels-last", [16, 70, 19, 21], channelsLast, [0, 2, 3]],
    ["all but channels, channels-first", [16, 70, 19, 21], contiguous, [0, 2, 3]],
    ["all but many channels", [64, 515, 3, 3], channelsLast, [0, 2, 3]],
    ["planes, channels-last", [9, 37, 31, 30], channelsLast, [2, 3]],
    ["planes, channels-first", [9, 37, 31, 30], contiguous, [2, 3]],
    ["the first axis", [3001, 41], contiguous, [0]],
    ["a long last axis", [3, 100_003], contiguous, [1]],
  ] as const)("sums, extremes and moments over %s", (_, shape, layout, axes) => {
    const e = new ScalarBuilder();
    const x = e.read(0, "float32");
    const prologue = e.build([x, e.binary("mul", x, e.const(0.5, "float32"))]);
    const values = Array.from({ length: 7919 }, (_, i) => 100 + Math.sin(i * 1.3));
    const accumulators: Accumulator[] = [
      { kind: "moments", value: 0 },
      { kind: "sum", value: 1 },
      { kind: "argmax", value: 0 },
      { kind: "min", value: 1 },
    ]; // prettier-ignore
    const reads = [{ dtype: "float32" as const, layout, values }];
    const n = sizeOf(axes.map((a) => shape[a]!));
    compareWithReference({ shape, axes, accumulators, prologue, reads, write: contiguous }, 1 << 15, n / 3);
    compareWithReference(
      { shape, axes, accumulators: [{ kind: "sum", value: 0 }], prologue, reads, write: contiguous },
      1 << 15,
      0,
    );
  });

  it("keeps the deviations of values that lie far from zero", () => {
    const c = new KernelCase();
    const e = new ScalarBuilder();
    const shape = [5, 20_000];
    const kernel: ReduceKernel = {
      ...build(
        {
          shape,
          axes: [1],
          accumulators: [{ kind: "moments", value: 0 }],
          prologue: e.build([e.read(0, "float32")]),
          reads: [],
          write: contiguous,
        },
        c,
      ),
      reads: [c.read("float32", shape, contiguous, [10_000_001, 10_000_000])],
    };
    const { results } = c.generated(kernel, cutInto(1 << 12));
    expect(results[1]).toEqual(new Array(5).fill(5000));
    expect(results[0]).toEqual(new Array(5).fill(Math.fround(10_000_000.5)));
  });

  it("finds the first extreme in logical order, whatever the order in memory", () => {
    const c = new KernelCase();
    const e = new ScalarBuilder();
    const shape = [2, 6, 5, 7];
    const base = build(
      {
        shape,
        axes: [1, 2, 3],
        accumulators: [{ kind: "argmax", value: 0 }],
        prologue: e.build([e.read(0, "float32")]),
        reads: [],
        write: contiguous,
      },
      c,
    );
    const same = c.generated({ ...base, reads: [c.read("float32", shape, channelsLast, [3])] }, cutInto(64), backwards);
    expect(same.results[0]).toEqual([0, 0]);
    const nan = c.generated(
      { ...base, reads: [c.read("float32", shape, channelsLast, [3, 1, Number.NaN])] },
      cutInto(64),
      backwards,
    );
    expect(nan.results[0]).toEqual(
      c.reference({ ...base, reads: [c.read("float32", shape, channelsLast, [3, 1, Number.NaN])] })[0],
    );
  });

  it("sums nothing to 0, multiplies nothing to 1", () => {
    for (const shape of [
      [3, 0],
      [0, 3],
    ]) {
      const c = new KernelCase();
      const e = new ScalarBuilder();
      const accumulators: Accumulator[] = [
        { kind: "sum", value: 0 },
        { kind: "product", value: 0 },
      ];
      const axes = [shape.indexOf(0)];
      const kernel = build(
        {
          shape,
          axes,
          accumulators,
          prologue: e.build([e.read(0, "float32")]),
          reads: [{ dtype: "float32", layout: contiguous, values: [1] }],
          write: contiguous,
        },
        c,
      );
      expect(c.generated(kernel, reduceKernel).results).toEqual([
        [0, 0, 0],
        [1, 1, 1],
      ]);
    }
  });

  it("needs no new code for another batch", () => {
    const keys = (batch: number, axes: number[], layout: Layout): string[] => {
      const c = new KernelCase();
      const e = new ScalarBuilder();
      const reads = [{ dtype: "float32" as const, layout, values: [1] }];
      const kernel = build(
        {
          shape: [batch, 16, 5, 5],
          axes,
          accumulators: [{ kind: "moments", value: 0 }],
          prologue: e.build([e.read(0, "float32")]),
          reads,
          write: contiguous,
        },
        c,
      );
      const done = new ScalarBuilder();
      const count = done.const(batch * 25, "float32");
      const epilogue = done.build([done.binary("div", done.read(1, "float32"), count), done.read(0, "float32")]);
      const mean = { ...kernel, epilogue };
      return reduceKernel(mean, c.dtypesOf(mean), { relaxed: true }).stages.map((s) => s.key);
    };
    for (const axes of [
      [0, 2, 3],
      [1, 2, 3],
      [2, 3],
      [0, 1, 2, 3],
    ]) {
      for (const layout of [contiguous, channelsLast]) {
        expect(keys(64, axes, layout)).toEqual(keys(32, axes, layout));
        expect(keys(500, axes, layout)).toEqual(keys(32, axes, layout));
      }
    }
  });
});
