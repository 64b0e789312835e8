import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndexError } from "../../src/errors/errors.ts";
import type { GatherKernel, KernelOrigin } from "../../src/program/kernels.ts";
import { referenceExecutor } from "../../src/reference/executor.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { at, contiguous, indices, inputView, layouts, ordinal, temporaryView } from "./views.ts";

const cases = fc
  .record({
    shape: fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
    axis: fc.nat(3),
    limit: fc.integer({ min: 1, max: 5 }),
    layouts: fc.tuple(layouts, layouts, layouts, layouts),
    values: fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 7, maxLength: 60 }),
    places: fc.array(fc.nat(1000), { minLength: 5, maxLength: 40 }),
  })
  .map((c) => {
    const axis = c.axis % c.shape.length;
    const full = c.shape.map((n, a) => (a === axis ? c.limit : n));
    return { ...c, axis, full, places: c.places.map((p) => p % c.limit) };
  });

describe("gather and scatter", () => {
  it("gather elements along an axis, any strides", () => {
    fc.assert(
      fc.property(cases, ({ shape, axis, limit, full, layouts: [first, second, third], values, places }) => {
        const b = new ProgramBuilder();
        const x = inputView(b, "float32", full, first, values);
        const index = inputView(b, "int32", shape, second, places);
        const write = temporaryView(b, "float32", shape, third);
        const reads = [x.operand, index.operand];
        b.kernel({ kind: "gather", shape, axis, limit, reads, writes: [write] }).output(write);
        const wanted = indices(shape).map((p) => at(x, p.with(axis, at(index, p))));
        expect(b.run()).toEqual([wanted]);
      }),
      { numRuns: 150 },
    );
  });

  it("scatter sums onto x in float64 and round once", () => {
    fc.assert(
      fc.property(cases, ({ shape, axis, limit, full, layouts: [first, second, third, fourth], values, places }) => {
        const b = new ProgramBuilder();
        const x = inputView(b, "float32", full, first, values);
        const index = inputView(b, "int32", shape, second, places);
        const source = inputView(b, "float32", shape, third, values);
        const write = temporaryView(b, "float32", full, fourth);
        const reads = [x.operand, index.operand, source.operand];
        b.kernel({ kind: "scatter", shape, axis, limit, reads, writes: [write] }).output(write);
        const sums = indices(full).map((p) => at(x, p));
        for (const p of indices(shape)) sums[ordinal(full, p.with(axis, at(index, p)))]! += at(source, p);
        expect(b.run()[0]!.map((v) => v + 0)).toEqual(sums.map((v) => Math.fround(v) + 0));
      }),
      { numRuns: 150 },
    );
  });

  it("wraps int32 sums, and may write over x", () => {
    const b = new ProgramBuilder();
    const x = b.variable("int32", [2], [2147483647, 5]);
    const index = b.input("int32", [3], [0, 1, 1]);
    const source = b.input("int32", [3], [1, 2, 3]);
    b.kernel({ kind: "scatter", shape: [3], axis: 0, limit: 2, reads: [x, index, source], writes: [x] }).output(x);
    expect(b.run()).toEqual([[-2147483648, 10]]);
  });

  const origin: KernelOrigin = { op: "takeAlong", scope: "head.lookup", at: () => "train.ts:3:7" };

  it.each([5, -1])("refuse the index %d and say where it is", (bad) => {
    const b = new ProgramBuilder();
    const x = b.input("float32", [2, 5], Array(10).fill(1));
    const index = b.input("int32", [2, 3], [0, 1, 4, 2, bad, bad]);
    const write = b.temporary("float32", [2, 3]);
    const kernel: GatherKernel = {
      kind: "gather",
      shape: [2, 3],
      axis: 1,
      limit: 5,
      reads: [x, index],
      writes: [write],
      origins: [origin],
    };
    b.kernel(kernel).output(write);
    expect(() => b.run()).toThrow(IndexError);
    expect(() => b.run()).toThrow(
      [
        `[takeAlong] index ${bad} at position [1, 1] is outside axis 1 of extent 5`,
        "  module: head.lookup",
        `  - index = ${bad}, but 0 ≤ index < 5 is demanded`,
        "  fix: keep indices in 0 … 4",
        "  at train.ts:3:7",
      ].join("\n"),
    );
  });

  it("name the first bad index in row-major order, whatever the strides", () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }), (c, bad) => {
        const { shape, axis, limit, full, values, places } = c;
        const b = new ProgramBuilder();
        const x = inputView(b, "float32", full, contiguous, values);
        const wrong = Array.from({ length: 97 }, (_, i) =>
          bad.some((n) => n % 97 === i) ? limit + i : places[i % places.length]!,
        );
        const index = inputView(b, "int32", shape, c.layouts[0], wrong);
        const write = b.temporary("float32", shape);
        b.kernel({ kind: "gather", shape, axis, limit, reads: [x.operand, index.operand], writes: [write] });
        const first = indices(shape).find((p) => at(index, p) >= limit);
        if (first === undefined) b.run();
        else expect(() => b.run()).toThrow(`index ${at(index, first)} at position [${first.join(", ")}] is outside`);
      }),
      { numRuns: 150 },
    );
  });

  it("find a bad index in a broadcast view, and leave variables alone", () => {
    const b = new ProgramBuilder();
    const executor = referenceExecutor();
    const x = b.variable("float32", [4, 3], Array(12).fill(1));
    const index = { ...b.input("int32", [2], [1, 4]), shape: [2, 3], strides: [1, 0] };
    const source = b.input("float32", [2, 3], Array(6).fill(1));
    b.kernel({ kind: "scatter", shape: [2, 3], axis: 0, limit: 4, reads: [x, index, source], writes: [x] });
    b.assign(0, b.input("float32", [4, 3], Array(12).fill(9)));
    const storages = b.storages(executor);
    expect(() => b.run(executor, storages)).toThrow("index 4 at position [1, 0] is outside axis 0 of extent 4");
    expect(Array.from(storages[0]!.readSync!())).toEqual(Array(12).fill(1));
  });
});
