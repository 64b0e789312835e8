import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NonFiniteError } from "../../src/errors/errors.ts";
import type { Operand } from "../../src/program/operand.ts";
import { threefry2x32 } from "../../src/random/threefry.ts";
import { ProgramBuilder } from "./program-builder.ts";
import { at, indices, inputView, layouts, temporaryView } from "./views.ts";

describe("random", () => {
  it("writes the words of Threefry in row-major order", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        fc.array(fc.nat(5), { maxLength: 3 }),
        layouts,
        (key0, key1, shape, layout) => {
          const b = new ProgramBuilder();
          const key = b.input("int32", [2], [key0, key1]);
          const write = temporaryView(b, "int32", shape, layout);
          b.kernel({ kind: "random", reads: [key], writes: [write] }).output(write);
          const wanted = indices(shape).map((_, i) => threefry2x32(key0, key1, Math.floor(i / 2), 0)[i % 2]! | 0);
          expect(b.run()).toEqual([wanted]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("copy", () => {
  it("places parts with gaps over a filled target", () => {
    const part = fc.record({
      start: fc.array(fc.nat(2), { minLength: 3, maxLength: 3 }),
      layout: layouts,
      step: fc.integer({ min: 1, max: 2 }),
    });
    const shapes = fc.array(fc.nat(3), { minLength: 3, maxLength: 3 });
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(
        shapes,
        fc.array(part, { maxLength: 3 }),
        layouts,
        values,
        fc.integer(),
        (shape, parts, to, data, fill) => {
          const b = new ProgramBuilder();
          const whole = shape.map((n) => n * 2 + 2);
          const reads = parts.map((p) => inputView(b, "float32", shape, p.layout, data));
          const write = temporaryView(b, "float32", whole, to);
          const starts = parts.map((p) => p.start);
          const steps = parts.map((p) => shape.map(() => p.step));
          b.kernel({ kind: "copy", starts, steps, fill, reads: reads.map((r) => r.operand), writes: [write] }).output(
            write,
          );
          const wanted = new Map(indices(whole).map((p) => [p.join(), Math.fround(fill)]));
          reads.forEach((read, i) => {
            for (const p of indices(shape)) {
              const place = p.map((n, axis) => starts[i]![axis]! + n * parts[i]!.step);
              wanted.set(place.join(), at(read, p));
            }
          });
          expect(b.run()[0]).toEqual([...wanted.values()]);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("concatenates without a fill", () => {
    const b = new ProgramBuilder();
    const x = b.input("uint8", [2, 1], [1, 2]);
    const y = b.input("uint8", [2, 2], [3, 4, 5, 6]);
    const write = b.temporary("uint8", [2, 3]);
    b.kernel({
      kind: "copy",
      starts: [
        [0, 0],
        [0, 1],
      ],
      reads: [x, y],
      writes: [write],
    }).output(write); // prettier-ignore
    expect(b.run()).toEqual([[1, 3, 4, 2, 5, 6]]);
  });
});

describe("check", () => {
  const run = (reads: (b: ProgramBuilder) => Operand[]): void => {
    const b = new ProgramBuilder();
    const origins = [{ op: "check", scope: "loss", at: () => "train.ts:9:1" }];
    b.kernel({ kind: "check", reads: reads(b), writes: [], origins }).run();
  };
  it("passes finite values, integers and nothing at all", () => {
    expect(() =>
      run((b) => [b.input("float32", [2], [1, -3e38]), b.input("int32", [1], [7]), b.input("float32", [0], [])]),
    ).not.toThrow();
  });
  it("names the first value that is not finite", () => {
    const values = [1, 2, Number.NaN, 4, Infinity, 6];
    expect(() => run((b) => [b.input("float32", [2, 3], values)])).toThrow(NonFiniteError);
    expect(() => run((b) => [b.input("float32", [2, 3], values)])).toThrow(
      "[check] element [0, 2] is NaN\n  module: loss\n  value: float32 [2, 3]\n  at train.ts:9:1",
    );
    expect(() => run((b) => [b.input("float64", [], [-Infinity])])).toThrow("[check] the value is −infinity");
    // The same memory as seen by a transposed view.
    expect(() => run((b) => [{ ...b.input("float32", [2, 3], values), shape: [3, 2], strides: [1, 3] }])).toThrow(
      "element [1, 1] is infinity",
    );
  });
});

describe("host", () => {
  it("hands a function contiguous copies and stores what it writes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 3 }), layouts, layouts, (shape, from, to) => {
        const b = new ProgramBuilder();
        const x = inputView(b, "float32", shape, from, [1, 2, 3, 4, 5]);
        const write = temporaryView(b, "float64", shape, to);
        b.kernel({
          kind: "host",
          reads: [x.operand],
          writes: [write],
          call: ([read], [result]) => {
            expect(read!.shape).toEqual(shape);
            result!.data.set(Array.from(read!.data, (v) => v * 10));
            read!.data.fill(0);
          },
        });
        b.output(write).output(x.operand);
        const wanted = indices(shape).map((p) => at(x, p));
        expect(b.run()).toEqual([wanted.map((v) => v * 10), wanted]);
      }),
      { numRuns: 40 },
    );
  });
});
