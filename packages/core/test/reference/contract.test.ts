import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Operand } from "../../src/program/operand.ts";
import { ScalarBuilder } from "../../src/program/scalar.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { executors, ProgramBuilder } from "./program-builder.ts";
import { at, contiguous, indices, inputView, type Layout, layouts, temporaryView } from "./views.ts";

interface Case {
  readonly batch: number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Layout;
  readonly b: Layout;
  readonly out: Layout;
  readonly values: number[];
}

const cases = (values: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc.record({
    batch: fc.array(fc.nat(3), { maxLength: 2 }),
    m: fc.nat(10),
    n: fc.nat(18),
    k: fc.nat(9),
    a: layouts,
    b: layouts,
    out: layouts,
    values: fc.array(values, { minLength: 11, maxLength: 90 }),
  });

function contraction(b: ProgramBuilder, dtype: DType, c: Case) {
  const x = inputView(b, dtype, [...c.batch, c.m, c.k], c.a, c.values);
  const y = inputView(b, dtype, [...c.batch, c.k, c.n], c.b, c.values);
  const write = temporaryView(b, dtype, [...c.batch, c.m, c.n], c.out);
  return { x, y, write };
}

/** Every output by its definition, terms in the order of k. */
function oracle(
  c: Case,
  x: { operand: Operand; data: number[] },
  y: typeof x,
  plus: (s: number, a: number, b: number) => number,
): number[] {
  return indices([...c.batch, c.m, c.n]).map((p) => {
    const [batch, i, j] = [p.slice(0, -2), p.at(-2)!, p.at(-1)!];
    let sum = 0;
    for (let k = 0; k < c.k; k++) sum = plus(sum, at(x, [...batch, i, k]), at(y, [...batch, k, j]));
    return sum;
  });
}

describe.each(executors)("contract, %s", (_, make) => {
  const compare = (
    dtype: DType,
    values: fc.Arbitrary<number>,
    plus: (s: number, a: number, b: number) => number,
    round = (v: number) => v,
  ): void => {
    fc.assert(
      fc.property(cases(values), (c) => {
        const b = new ProgramBuilder();
        const { x, y, write } = contraction(b, dtype, c);
        const { batch, m, n, k } = c;
        b.kernel({ kind: "contract", batch, m, n, k, reads: [x.operand, y.operand], writes: [write] }).output(write);
        expect(b.run(make())[0]).toEqual(oracle(c, x, y, plus).map(round));
      }),
      { numRuns: 80 },
    );
  };
  const floats = fc.float({ min: -50, max: 50 });

  it("sums float32 products in float64 in the order of k", () => {
    compare("float32", floats, (s, a, b) => s + a * b, Math.fround);
  });
  it("keeps float64", () => {
    compare("float64", fc.double({ min: -50, max: 50 }), (s, a, b) => s + a * b);
  });
  it("wraps int32", () => {
    compare("int32", fc.integer(), (s, a, b) => (s + Math.imul(a, b)) | 0);
  });
  it("hands on NaN and infinity from the terms of an output alone", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [2, 2], [1, Number.NaN, Infinity, 0]);
    const y = b.input("float32", [2, 3], [1, 0, 2, 3, 4, 5]);
    const write = b.temporary("float32", [2, 3]);
    b.kernel({ kind: "contract", batch: [], m: 2, n: 3, k: 2, reads: [x, y], writes: [write] }).output(write);
    expect(b.run(make())).toEqual([[NaN, NaN, NaN, Infinity, NaN, Infinity]]);
  });

  it("runs an epilogue with the bits of separate kernels", () => {
    fc.assert(
      fc.property(cases(floats), (c) => {
        const b = new ProgramBuilder();
        const { x, y, write } = contraction(b, "float32", { ...c, batch: [] });
        const bias = inputView(b, "float32", [1, c.n], contiguous, c.values).operand;
        const s = new ScalarBuilder();
        const sum = s.binary("add", s.read(0, "float32"), s.read(1, "float32"));
        const epilogue = s.build([s.binary("max", sum, s.const(0, "float32"))]);
        const { m, n, k } = c;
        const common = { kind: "contract" as const, batch: [], m, n, k, reads: [x.operand, y.operand] };
        b.kernel({ ...common, writes: [write], epilogue, epilogueReads: [bias] });
        const [plain, single] = [b.temporary("float32", [m, n]), b.temporary("float32", [m, n])];
        b.kernel({ ...common, writes: [plain] });
        const wide = { ...bias, shape: [m, n], strides: [0, 1] };
        b.kernel({ kind: "map", shape: [m, n], reads: [plain, wide], writes: [single], expression: epilogue });
        const [fused, apart] = b.output(write).output(single).run(make());
        expect(fused).toEqual(apart);
      }),
      { numRuns: 40 },
    );
  });
});
