import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Accumulator, ReduceKernel } from "../../src/program/kernels.ts";
import { identityExpression, ScalarBuilder } from "../../src/program/scalar.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { executors, ProgramBuilder } from "./program-builder.ts";
import { at, indices, inputView, type Layout, layouts, ordinal, place } from "./views.ts";

type Kind = Accumulator["kind"];

interface Case {
  readonly dtype: DType;
  readonly shape: number[];
  readonly axes: number[];
  readonly layout: Layout;
  readonly outLayout: Layout;
  readonly values: number[];
}

/** A reduction without prologue and epilogue, and its input. */
function reduction(b: ProgramBuilder, kind: Kind, c: Case) {
  const x = inputView(b, c.dtype, c.shape, c.layout, c.values);
  const kept = c.shape.map((n, axis) => (c.axes.includes(axis) ? 1 : n));
  const { strides, offset, length } = place(kept, { ...c.outLayout, repeats: [] });
  const out: DType = kind === "argmax" || kind === "argmin" ? "int32" : c.dtype;
  const operand = { shape: kept, strides: strides.map((s, axis) => (c.axes.includes(axis) ? 0 : s)), offset };
  const writes = (kind === "moments" ? [out, out] : [out]).map((d) => ({ ...b.temporary(d, [length]), ...operand }));
  const s = new ScalarBuilder();
  const epilogue = s.build(writes.map((_, i) => s.read(i, out)));
  const kernel: ReduceKernel = {
    kind: "reduce",
    shape: c.shape,
    axes: c.axes,
    reads: [x.operand],
    writes,
    prologue: identityExpression(c.dtype),
    accumulators: [{ kind, value: 0 }],
    epilogue,
    epilogueReads: [],
  };
  b.kernel(kernel);
  for (const w of writes) b.output(w);
  return { x, kept };
}

/** The values that fall on each kept index, in row-major order of the reduced axes. */
function groups(x: ReturnType<typeof reduction>["x"], c: Case, kept: number[]): number[][] {
  const lists = indices(kept).map((): number[] => []);
  for (const p of indices(c.shape)) {
    const to = p.map((i, axis) => (c.axes.includes(axis) ? 0 : i));
    lists[ordinal(kept, to)]!.push(at(x, p));
  }
  return lists;
}

function store(dtype: DType, value: number): number {
  if (dtype === "float32") return Math.fround(value);
  return value;
}

const cases = (dtype: DType, values: fc.Arbitrary<number>, empty: boolean): fc.Arbitrary<Case> =>
  fc
    .record({
      dtype: fc.constant(dtype),
      shape: fc.array(fc.integer({ min: empty ? 0 : 1, max: 4 }), { maxLength: 4 }),
      axes: fc.uniqueArray(fc.nat(3), { maxLength: 4 }),
      layout: layouts,
      outLayout: layouts,
      values: fc.array(values, { minLength: 7, maxLength: 60 }),
    })
    .map((c) => ({ ...c, axes: c.axes.filter((a) => a < c.shape.length).sort() })); // prettier-ignore

const floats = fc.float({ min: -100, max: 100 });

describe.each(executors)("reduce, %s", (_, make) => {
  const compare = (kind: Kind, arbitrary: fc.Arbitrary<Case>, oracle: (list: number[]) => number[]): void => {
    fc.assert(
      fc.property(arbitrary, (c) => {
        const b = new ProgramBuilder();
        const { x, kept } = reduction(b, kind, c);
        const results = b.run(make());
        const wanted = groups(x, c, kept).map(oracle);
        const dtype = kind.startsWith("arg") ? "int32" : c.dtype;
        results.forEach((list, r) => {
          expect(list).toEqual(wanted.map((w) => store(dtype, w[r]!)));
        });
      }),
      { numRuns: 60 },
    );
  };
  const add = (list: number[]): number => list.reduce((a, v) => a + v, 0);

  it("sums in float64, row-major, and rounds once", () => {
    compare("sum", cases("float32", floats, true), (list) => [add(list)]);
    compare("sum", cases("float64", floats, true), (list) => [add(list)]);
  });
  it("wraps integer sums and products", () => {
    const ints = fc.integer();
    compare("sum", cases("int32", ints, true), (list) => [list.reduce((a, v) => (a + v) | 0, 0)]);
    compare("product", cases("int32", ints, true), (list) => [list.reduce(Math.imul, 1)]);
    compare("sum", cases("uint8", fc.nat(255), true), (list) => [add(list) % 256]);
  });
  it("multiplies", () => {
    compare("product", cases("float32", floats, true), (list) => [list.reduce((a, v) => a * v, 1)]);
  });
  it("finds extremes, NaN before all", () => {
    const withNaN = fc.oneof({ weight: 12, arbitrary: floats }, { weight: 1, arbitrary: fc.constant(Number.NaN) });
    compare("max", cases("float32", withNaN, false), (list) => [
      list.some(Number.isNaN) ? Number.NaN : Math.max(...list),
    ]);
    compare("min", cases("float64", withNaN, false), (list) => [
      list.some(Number.isNaN) ? Number.NaN : Math.min(...list),
    ]);
    compare("max", cases("int32", fc.integer(), false), (list) => [Math.max(...list)]);
    compare("min", cases("uint8", fc.nat(255), false), (list) => [Math.min(...list)]);
  });
  it("gives the first extreme, or the first NaN", () => {
    const ties = fc.oneof(
      fc.integer({ min: -2, max: 2 }),
      fc.constant(Number.NaN),
      fc.constant(-Infinity),
      fc.constant(Infinity),
    );
    const first = (list: number[], sign: number): number[] => {
      const nan = list.findIndex(Number.isNaN);
      return [nan >= 0 ? nan : list.indexOf(sign * Math.max(...list.map((v) => sign * v)))];
    };
    compare("argmax", cases("float32", ties, false), (list) => first(list, 1));
    compare("argmin", cases("float32", ties, false), (list) => first(list, -1));
    compare("argmax", cases("int32", fc.integer({ min: -2, max: 2 }), false), (list) => first(list, 1));
  });
  it("takes moments in two passes", () => {
    const moments = (list: number[]): number[] => {
      const mean = add(list) / list.length;
      return [mean, add(list.map((v) => (v - mean) * (v - mean)))];
    };
    compare("moments", cases("float32", floats, false), moments);
    const b = new ProgramBuilder();
    const shape = [3];
    const layout = { keys: [0], flips: [false], gaps: [0], repeats: [false], offset: 0 };
    reduction(b, "moments", {
      dtype: "float64",
      shape,
      axes: [0],
      layout,
      outLayout: layout,
      values: [1e9, 1e9 + 1, 1e9 + 2],
    });
    expect(b.run(make())).toEqual([[1e9 + 1], [2]]);
  });
  it("hands on NaN and infinity", () => {
    const b = new ProgramBuilder();
    const layout = { keys: [0, 1], flips: [false, false], gaps: [0, 0], repeats: [false, false], offset: 0 };
    const values = [1, Number.NaN, Infinity, 1, Infinity, -Infinity];
    reduction(b, "sum", { dtype: "float32", shape: [3, 2], axes: [1], layout, outLayout: layout, values });
    expect(b.run(make())).toEqual([[Number.NaN, Infinity, Number.NaN]]);
  });

  it("runs prologue and epilogue with the bits of separate kernels", () => {
    const arbitrary = fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(floats, { minLength: 25, maxLength: 25 }),
    );
    fc.assert(
      fc.property(arbitrary, ([rows, columns, values]) => {
        const b = new ProgramBuilder();
        const shape = [rows, columns];
        const x = b.input("float32", shape, values.slice(0, rows * columns));
        const scale = b.input("float32", [1], [0.3]);
        const everywhere = { ...scale, shape, strides: [0, 0] };
        const s = new ScalarBuilder();
        const square = s.build([
          s.binary("mul", s.binary("mul", s.read(0, "float32"), s.read(1, "float32")), s.read(0, "float32")),
        ]);
        const t = new ScalarBuilder();
        const finish = t.build([
          t.unary("sqrt", t.unary("abs", t.binary("div", t.read(0, "float32"), t.read(1, "float32")))),
          t.binary("add", t.read(0, "float32"), t.cast(t.index(0), "float32")),
        ]); // prettier-ignore
        const kept = { shape: [rows, 1], strides: [1, 0] };
        const place = () => ({ ...b.temporary("float32", [rows, 1]), ...kept });
        const scales = { ...scale, shape: [rows, 1], strides: [0, 0] };
        const fused = [place(), place()];
        const common = {
          kind: "reduce" as const,
          shape,
          axes: [1],
          accumulators: [{ kind: "sum" as const, value: 0 }],
        };
        b.kernel({
          ...common,
          reads: [x, everywhere],
          writes: fused,
          prologue: square,
          epilogue: finish,
          epilogueReads: [scales],
        });
        const [squared, total, single] = [b.temporary("float32", shape), place(), [place(), place()]];
        const identity = identityExpression("float32");
        b.kernel({ kind: "map", shape, reads: [x, everywhere], writes: [squared], expression: square });
        b.kernel({
          ...common,
          reads: [squared],
          writes: [total],
          prologue: identity,
          epilogue: identity,
          epilogueReads: [],
        });
        b.kernel({ kind: "map", shape: [rows, 1], reads: [total, scales], writes: single, expression: finish });
        for (const o of [...fused, ...single]) b.output(o);
        const results = b.run(make());
        expect(results.slice(0, 2)).toEqual(results.slice(2));
      }),
    );
  });

  it("gives the prologue the index along kept and reduced axes", () => {
    fc.assert(
      fc.property(fc.constantFrom<number[]>([0], [1], [2], [0, 1], [1, 2], [0, 2]), fc.nat(2), (axes, axis) => {
        const b = new ProgramBuilder();
        const shape = [3, 4, 2];
        const x = b.input(
          "int32",
          shape,
          Array.from({ length: 24 }, (_, i) => i),
        );
        const kept = shape.map((n, a) => (axes.includes(a) ? 1 : n));
        const write = b.temporary("int32", kept);
        const strides = write.strides.map((s, a) => (axes.includes(a) ? 0 : s));
        const s = new ScalarBuilder();
        const prologue = s.build([
          s.binary("add", s.read(0, "int32"), s.binary("mul", s.index(axis), s.const(1000, "int32"))),
        ]);
        const common = { kind: "reduce" as const, shape, axes, accumulators: [{ kind: "sum" as const, value: 0 }] };
        const epilogue = identityExpression("int32");
        b.kernel({
          ...common,
          reads: [x],
          writes: [{ ...write, strides }],
          prologue,
          epilogue,
          epilogueReads: [],
        }).output(write);
        const sums = indices(kept).map(() => 0);
        for (const p of indices(shape)) {
          const to = p.map((i, a) => (axes.includes(a) ? 0 : i));
          sums[ordinal(kept, to)]! += ordinal(shape, p) + p[axis]! * 1000;
        }
        expect(b.run(make())).toEqual([sums]);
      }),
    );
  });

  it("runs several accumulators over one index space", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [4], [3, 1, 4, 1]);
    const s = new ScalarBuilder();
    const r = s.read(0, "float32");
    const prologue = s.build([r, s.binary("mul", r, s.cast(s.index(0), "float32"))]);
    const t = new ScalarBuilder();
    const reads = [t.read(0, "float32"), t.read(1, "float32"), t.read(2, "float32"), t.read(3, "int32")];
    const floatsOut = [0, 1, 2].map(() => ({ ...b.temporary("float32", [1]), strides: [0] }));
    const index = { ...b.temporary("int32", [1]), strides: [0] };
    b.kernel({
      kind: "reduce",
      shape: [4],
      axes: [0],
      reads: [x],
      writes: [...floatsOut, index],
      prologue,
      accumulators: [
        { kind: "moments", value: 0 },
        { kind: "sum", value: 1 },
        { kind: "argmin", value: 0 },
      ],
      epilogue: t.build(reads),
      epilogueReads: [],
    }); // prettier-ignore
    for (const o of [...floatsOut, index]) b.output(o);
    expect(b.run(make())).toEqual([[2.25], [6.75], [12], [1]]);
  });
});
