import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProgramError } from "../../src/errors/errors.ts";
import type { Operand } from "../../src/program/operand.ts";
import {
  argumentsOf,
  type BinaryName,
  ScalarBuilder,
  type ScalarExpression,
  type UnaryName,
} from "../../src/program/scalar.ts";
import { referenceExecutor } from "../../src/reference/executor.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { executors, ProgramBuilder } from "./program-builder.ts";
import { at, indices, inputView, layouts, temporaryView } from "./views.ts";

type Build = (s: ScalarBuilder) => number;

/** Applies an expression to lists of operands. */
function apply(
  make: (typeof executors)[number][1],
  dtypes: DType[],
  out: DType,
  operands: number[][],
  build: Build,
): number[] {
  const b = new ProgramBuilder();
  const shape = [operands[0]?.length ?? 1];
  const reads = operands.map((values, k) => b.input(dtypes[k]!, shape, values));
  const write = b.temporary(out, shape);
  const s = new ScalarBuilder();
  b.kernel({ kind: "map", shape, reads, writes: [write], expression: s.build([build(s)]) }).output(write);
  return b.run(make())[0]!;
}

const f32 = Math.fround;
const [NaN_, Inf] = [Number.NaN, Number.POSITIVE_INFINITY];

describe.each(executors)("map, %s", (_, make) => {
  const unary = (op: UnaryName, dtype: DType, values: number[], out: DType = dtype): number[] =>
    apply(make, [dtype], out, [values], (s) => s.unary(op, s.read(0, dtype)));
  const binary = (op: BinaryName, dtype: DType, a: number[], b: number[], out: DType = dtype): number[] =>
    apply(make, [dtype, dtype], out, [a, b], (s) => s.binary(op, s.read(0, dtype), s.read(1, dtype)));
  const cast = (from: DType, to: DType, values: number[]): number[] =>
    apply(make, [from], to, [values], (s) => s.cast(s.read(0, from), to));

  it("rounds float32 functions once, from float64", () => {
    const x = [0.3, 2.5, 7.25].map(f32);
    const wanted: Partial<Record<UnaryName, (x: number) => number>> = {
      neg: (v) => -v,
      abs: Math.abs,
      sign: Math.sign,
      exp: Math.exp,
      expm1: Math.expm1,
      log: Math.log,
      log1p: Math.log1p,
      sqrt: Math.sqrt,
      reciprocal: (v) => 1 / v,
      tanh: Math.tanh,
      sigmoid: (v) => 1 / (1 + Math.exp(-v)),
      sin: Math.sin,
      cos: Math.cos,
      floor: Math.floor,
      ceil: Math.ceil,
    }; // prettier-ignore
    for (const [op, f] of Object.entries(wanted)) {
      expect(unary(op as UnaryName, "float32", x), op).toEqual(x.map((v) => f32(f(v))));
      expect(unary(op as UnaryName, "float64", [0.3, 2.5]), op).toEqual([f(0.3), f(2.5)]);
    }
    expect(unary("round", "float32", [0.5, 1.5, -2.5])).toEqual([0, 2, -2]);
    expect(unary("erf", "float32", [1])).toEqual([f32(0.8427007929497149)]);
  });

  it("follows IEEE at NaN, infinity and zero", () => {
    expect(unary("sqrt", "float32", [-1, 0, -0, Inf])).toEqual([NaN_, 0, -0, Inf]);
    expect(unary("sign", "float32", [NaN_, -0, -3])).toEqual([NaN_, -0, -1]);
    expect(unary("log", "float64", [0, -1])).toEqual([-Inf, NaN_]);
    expect(unary("isNaN", "float32", [NaN_, Inf, 0], "bool")).toEqual([1, 0, 0]);
    expect(unary("isFinite", "float32", [NaN_, Inf, -Inf, 0], "bool")).toEqual([0, 0, 0, 1]);
    expect(unary("not", "float32", [NaN_, 0, -0, 2], "bool")).toEqual([0, 1, 1, 0]);
    expect(binary("max", "float32", [NaN_, 1, -1], [1, NaN_, -2])).toEqual([NaN_, NaN_, -1]);
    expect(binary("min", "float32", [NaN_, 1, -1], [1, NaN_, -2])).toEqual([NaN_, NaN_, -2]);
    expect(binary("pow", "float32", [1, -1, 2], [NaN_, Inf, -1])).toEqual([1, 1, 0.5]);
    const [a, b] = [
      [NaN_, 1, 0, 2],
      [NaN_, 1, -0, 1],
    ]; // prettier-ignore
    const table: [BinaryName, number[]][] = [
      ["eq", [0, 1, 1, 0]],
      ["ne", [1, 0, 0, 1]],
      ["lt", [0, 0, 0, 0]],
      ["le", [0, 1, 1, 0]],
      ["gt", [0, 0, 0, 1]],
      ["ge", [0, 1, 1, 1]],
    ]; // prettier-ignore
    for (const [op, bits] of table) expect(binary(op, "float64", a!, b!, "bool"), op).toEqual(bits);
  });

  it("wraps int32", () => {
    const [most, least] = [2147483647, -2147483648];
    expect(binary("add", "int32", [most], [1])).toEqual([least]);
    expect(binary("sub", "int32", [least], [1])).toEqual([most]);
    expect(binary("mul", "int32", [65537, most], [65537, most])).toEqual([131073, 1]);
    expect(binary("div", "int32", [-7, 7, least], [2, 0, -1])).toEqual([-3, 0, least]);
    expect(binary("pow", "int32", [3, 2], [21, 31])).toEqual([1870418611, least]);
    expect(unary("neg", "int32", [least, 5])).toEqual([least, -5]);
    expect(unary("abs", "int32", [least, -5])).toEqual([least, 5]);
    expect(binary("shrU", "int32", [-1, -1], [28, 0])).toEqual([15, -1]);
    expect(binary("shl", "int32", [1, 3], [31, 31])).toEqual([least, least]);
    expect(binary("xor", "int32", [6], [3])).toEqual([5]);
  });

  it("takes uint8 modulo 256 and keeps bool at 0 and 1", () => {
    expect(binary("add", "uint8", [250], [10])).toEqual([4]);
    expect(binary("sub", "uint8", [1], [2])).toEqual([255]);
    expect(binary("mul", "uint8", [20], [20])).toEqual([144]);
    expect(binary("add", "bool", [1, 0], [1, 0])).toEqual([1, 0]);
    expect(binary("and", "bool", [1, 1], [1, 0])).toEqual([1, 0]);
    expect(binary("or", "bool", [0, 1], [0, 1])).toEqual([0, 1]);
    expect(unary("not", "bool", [0, 1])).toEqual([1, 0]);
  });

  it("truncates and saturates casts", () => {
    const values = [1.9, -1.9, 3e9, -Inf, NaN_, 300];
    expect(cast("float32", "int32", values)).toEqual([1, -1, 2147483647, -2147483648, 0, 300]);
    expect(cast("float32", "uint8", values)).toEqual([1, 0, 255, 0, 0, 255]);
    expect(cast("float32", "bool", [0, -0, 0.1, NaN_])).toEqual([0, 0, 1, 1]);
    expect(cast("int32", "uint8", [-1, 256, 7])).toEqual([0, 255, 7]);
    expect(cast("int32", "float32", [16777217])).toEqual([16777216]);
    expect(cast("float64", "float32", [0.1, 1e300])).toEqual([f32(0.1), Inf]);
  });

  it("selects by a ≠ 0, and a NaN condition is true", () => {
    const select: Build = (s) => s.select(s.read(0, "float32"), s.read(1, "float32"), s.read(2, "float32"));
    expect(
      apply(
        make,
        ["float32", "float32", "float32"],
        "float32",
        [
          [1, 0, NaN_, -0],
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ],
        select,
      ),
    ).toEqual([1, 6, 3, 8]); // prettier-ignore
  });

  it("keeps the bits of constants", () => {
    for (const value of [-0, Inf, -Inf, NaN_, 1e-45, -3.5]) {
      expect(apply(make, [], "float64", [], (s) => s.const(value, "float64"))).toEqual([value]);
    }
    expect(apply(make, [], "float32", [], (s) => s.const(0.1, "float32"))).toEqual([f32(0.1)]);
  });

  it("refuses functions that a dtype does not have", () => {
    expect(() => unary("exp", "int32", [1])).toThrow(ProgramError);
    expect(() => binary("xor", "float32", [1], [1])).toThrow("there is no xor of float32");
  });

  it("reads and writes any strides, and the index", () => {
    const cases = fc.record({
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
      a: layouts,
      b: layouts,
      c: layouts,
      values: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 5, maxLength: 40 }),
      axis: fc.nat(3),
    });
    fc.assert(
      fc.property(cases, ({ shape, a, b: second, c, values, axis }) => {
        const b = new ProgramBuilder();
        const x = inputView(b, "float32", shape, a, values);
        const y = inputView(b, "float32", shape, second, values);
        const write = temporaryView(b, "float32", shape, c);
        const s = new ScalarBuilder();
        const indexed = shape.length > 0 ? s.cast(s.index(axis % shape.length), "float32") : s.const(0, "float32");
        const sum = s.binary(
          "add",
          s.binary("mul", s.read(0, "float32"), s.const(100, "float32")),
          s.read(1, "float32"),
        );
        const expression = s.build([s.binary("add", sum, s.binary("mul", indexed, s.const(10000, "float32")))]);
        b.kernel({ kind: "map", shape, reads: [x.operand, y.operand], writes: [write], expression }).output(write);
        const wanted = indices(shape).map((p) => at(x, p) * 100 + at(y, p) + (p[axis % p.length] ?? 0) * 10000);
        expect(b.run(make())[0]!.map((v) => v + 0)).toEqual(wanted.map((v) => v + 0));
      }),
      { numRuns: 200 },
    );
  });

  it("writes several results, to any buffers, and in place", () => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [3], [1, 2, 3]);
    const [y, z] = [b.temporary("float32", [3]), b.temporary("int32", [3])];
    const s = new ScalarBuilder();
    const r = s.read(0, "float32");
    const expression = s.build([s.binary("mul", r, r), s.cast(s.unary("neg", r), "int32")]);
    b.kernel({ kind: "map", shape: [3], reads: [x], writes: [y, z], expression });
    const t = new ScalarBuilder();
    const twice = t.build([t.binary("add", t.read(0, "float32"), t.read(0, "float32"))]);
    b.kernel({ kind: "map", shape: [3], reads: [y], writes: [y], expression: twice });
    b.output(y).output(z);
    expect(b.run(make())).toEqual([
      [2, 8, 18],
      [-1, -2, -3],
    ]); // prettier-ignore
  });
});

/** A random expression over two float32 operands and one int32 operand. */
const expressions: fc.Arbitrary<ScalarExpression> = fc
  .array(fc.record({ op: fc.nat(30), a: fc.nat(1000), b: fc.nat(1000), c: fc.nat(1000) }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((steps) => {
    const s = new ScalarBuilder();
    const values: Record<"float32" | "int32" | "bool", number[]> = {
      float32: [s.read(0, "float32"), s.read(1, "float32"), s.const(0.1, "float32")],
      int32: [s.read(2, "int32"), s.const(3, "int32")],
      bool: [s.binary("lt", s.read(0, "float32"), s.read(1, "float32"))],
    };
    const pick = (list: number[], n: number): number => list[n % list.length]!;
    const floats: UnaryName[] = [
      "neg",
      "abs",
      "sign",
      "exp",
      "log1p",
      "sqrt",
      "reciprocal",
      "tanh",
      "sigmoid",
      "erf",
      "sin",
      "floor",
      "round",
    ]; // prettier-ignore
    for (const { op, a, b, c } of steps) {
      if (op < 13) values.float32.push(s.unary(floats[op]!, pick(values.float32, a)));
      else if (op < 20) {
        const name = (["add", "sub", "mul", "div", "pow", "min", "max"] as const)[op - 13]!;
        values.float32.push(s.binary(name, pick(values.float32, a), pick(values.float32, b)));
      } else if (op < 26) {
        const name = (["add", "mul", "div", "and", "shl", "max"] as const)[op - 20]!;
        values.int32.push(s.binary(name, pick(values.int32, a), pick(values.int32, b)));
      } else if (op < 28) values.bool.push(s.binary("ge", pick(values.float32, a), pick(values.float32, b)));
      else if (op === 28) values.int32.push(s.cast(pick(values.float32, a), "int32"));
      else if (op === 29) values.float32.push(s.cast(pick(values.int32, a), "float32"));
      else values.float32.push(s.select(pick(values.bool, a), pick(values.float32, b), pick(values.float32, c)));
    }
    return s.build([values.float32.at(-1)!, values.int32.at(-1)!, values.bool.at(-1)!]);
  });

/** One kernel an instruction, with a buffer for each value. */
function unfused(b: ProgramBuilder, shape: number[], inputs: Operand[], expression: ScalarExpression): Operand[] {
  const values: Operand[] = [];
  expression.instructions.forEach((i, n) => {
    const write = b.temporary(i.dtype, shape);
    const used = argumentsOf(i);
    const reads = i.op === "read" ? [inputs[i.operand]!] : used.map((k) => values[k]!);
    const instructions = reads.map((_, k) => ({
      op: "read" as const,
      operand: k,
      dtype: i.op === "read" ? i.dtype : expression.instructions[used[k]!]!.dtype,
    }));
    const last = i.op === "read" ? [] : [{ ...i, a: 0, b: 1, c: 2 }];
    // Operands that an instruction does not have are ignored.
    const clean = last.map(({ a, b: second, c, ...rest }) => ({
      ...rest,
      ...(used.length > 0 ? { a } : {}),
      ...(used.length > 1 ? { b: second } : {}),
      ...(used.length > 2 ? { c } : {}),
    }));
    const single = {
      instructions: [...instructions, ...clean],
      results: [n < 0 ? 0 : instructions.length + clean.length - 1],
    };
    b.kernel({ kind: "map", shape, reads, writes: [write], expression: single as unknown as ScalarExpression });
    values[n] = write;
  });
  return expression.results.map((r) => values[r]!);
}

describe("fused maps", () => {
  it("give the bits of their instructions run one by one, generated or not", () => {
    const data = fc.tuple(
      fc.array(fc.float(), { minLength: 4, maxLength: 4 }),
      fc.array(fc.float(), { minLength: 4, maxLength: 4 }),
      fc.array(fc.integer(), { minLength: 4, maxLength: 4 }),
    );
    fc.assert(
      fc.property(expressions, data, (expression, [x, y, k]) => {
        const b = new ProgramBuilder();
        const shape = [4];
        const inputs = [b.input("float32", shape, x), b.input("float32", shape, y), b.input("int32", shape, k)];
        const fused = [b.temporary("float32", shape), b.temporary("int32", shape), b.temporary("bool", shape)];
        b.kernel({ kind: "map", shape, reads: inputs, writes: fused, expression });
        const single = unfused(b, shape, inputs, expression);
        for (const o of [...fused, ...single]) b.output(o);
        const [generated, closures] = [b.run(referenceExecutor()), b.run(referenceExecutor({ generate: false }))];
        expect(generated.slice(0, 3)).toEqual(generated.slice(3));
        expect(closures).toEqual(generated);
      }),
      { numRuns: 200 },
    );
  });
});
