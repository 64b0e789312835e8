/** Tensors from data, and constants. */

import {
  DTypeError,
  linspace,
  type Nested,
  OptionError,
  ones,
  onesLike,
  PrewittError,
  ShapeError,
  tensor,
  zeros,
  zerosLike,
} from "@prewitt/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

function messageOf(fn: () => unknown): string[] {
  try {
    fn();
  } catch (e) {
    expect(e).toBeInstanceOf(PrewittError);
    return (e as Error).message.split("\n");
  }
  throw new Error("nothing was thrown");
}

describe("tensor", () => {
  it("reads numbers as float32, booleans as bool, typed arrays as what they are", () => {
    const specs = [tensor(3), tensor([1, 2]), tensor([[true], [false]]), tensor(true)].map((t) => [t.dtype, t.shape]);
    expect(specs).toEqual([
      ["float32", []],
      ["float32", [2]],
      ["bool", [2, 1]],
      ["bool", []],
    ]);
    expect(tensor(new Float64Array(3)).dtype).toBe("float64");
    expect(tensor(new Int32Array(3)).dtype).toBe("int32");
    expect(tensor(new Uint8Array(3)).dtype).toBe("uint8");
    expect(tensor(new Uint8ClampedArray([1, 2])).dtype).toBe("uint8");
  });

  it("copies a Buffer, and gives plain arrays back", async () => {
    const bytes = Buffer.from([1, 2, 3]);
    const [copied, shared] = [tensor(bytes), tensor(bytes, { copy: false })];
    const read = await shared.data();
    expect(read.constructor).toBe(Uint8Array);
    read[0] = 9;
    expect([...bytes]).toEqual([1, 2, 3]);
    bytes[1] = 8;
    expect([...(await copied.data())]).toEqual([1, 2, 3]);
  });

  it("gives nested arrays back", () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, (shape) => {
        let next = 0;
        const nest = (axis: number): Nested =>
          axis === shape.length ? next++ : Array.from({ length: shape[axis] as number }, () => nest(axis + 1));
        const data = nest(0);
        const t = tensor(data);
        expect(t.shape).toEqual(shape);
        expect(t.arraySync()).toEqual(data);
      }),
      { numRuns: 50 },
    );
  });

  it("takes typed arrays as rows, and empty arrays", () => {
    expect(tensor([new Float32Array([1, 2]), [3, 4]]).arraySync()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
  });

  it("copies typed arrays unless told not to", () => {
    const data = new Float32Array([1, 2]);
    const copied = tensor(data);
    const shared = tensor(data, { copy: false });
    data[0] = 9;
    expect([...copied.dataSync()]).toEqual([1, 2]);
    expect([...shared.dataSync()]).toEqual([9, 2]);
    expect(() => tensor([1], { copy: false })).toThrow(OptionError);
    expect(() => tensor(data, { copy: false, dtype: "float64" })).toThrow(OptionError);
  });

  it("names the place where nesting is ragged", () => {
    expect(messageOf(() => tensor([[1, 2], [3]]))[1]).toBe("  - data[1] has 1 element, but data[0] has 2 elements");
    const deep = () =>
      tensor([
        [[1], [2]],
        [[3], 4],
      ] as Nested);
    expect(messageOf(deep)[1]).toBe("  - data[1][1] is a number, but data[0][0] has 1 element");
    expect(messageOf(() => tensor([1, [2]] as Nested))[1]).toBe(
      "  - data[1] has 1 element, but data[0] is a single value",
    );
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError);
  });

  it("rejects values that the dtype cannot hold, with their place", () => {
    const bytes = () =>
      tensor(
        [
          [1, 2],
          [300, 4],
        ],
        { dtype: "uint8" },
      ); // prettier-ignore
    expect(messageOf(bytes).slice(0, -1)).toEqual([
      "[tensor] the data does not fit uint8",
      "  - data[1][0]: 300 lies outside 0 … 255",
      '  fix: use { dtype: "int32" }, or change the data',
    ]);
    for (const [value, dtype] of [
      [1.5, "int32"],
      [Number.NaN, "int32"],
      [2 ** 31, "int32"],
      [-1, "uint8"],
      [2, "bool"],
      [1e39, "float32"],
    ] as const) {
      expect(() => tensor([value], { dtype }), `${value} as ${dtype}`).toThrow(DTypeError);
      expect(() => tensor(new Float64Array([value]), { dtype }), `${value} as ${dtype}`).toThrow(DTypeError);
    }
    expect(tensor([0, 255], { dtype: "uint8" }).arraySync()).toEqual([0, 255]);
    expect(tensor([Number.POSITIVE_INFINITY, Number.NaN]).arraySync()).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);
    expect(() => tensor(new Uint8Array([2]), { dtype: "bool" })).toThrow(DTypeError);
  });

  it("rejects what is no data", () => {
    expect(() => tensor([[1, true]] as Nested)).toThrow(/numbers and booleans are mixed/);
    expect(() => tensor(["1"] as unknown as Nested)).toThrow(/a tensor holds numbers, not a string/);
    expect(() => tensor(undefined as unknown as Nested)).toThrow(/a tensor holds numbers, not undefined/);
    expect(() => tensor([tensor(1)] as unknown as Nested)).toThrow(/join tensors with stack/);
    expect(() => tensor(new BigInt64Array(1))).toThrow(/no dtype is stored in a BigInt64Array/);
    expect(() => tensor(new Int16Array(1))).toThrow(/pass Int32Array.from\(data\)/);
  });

  it("checks shape and options, at the user's line", () => {
    expect(messageOf(() => tensor([1, 2, 3], { shape: [2, 2] })).slice(0, -1)).toEqual([
      "[tensor] the data does not fill the shape",
      "  - 3 elements, but [2, 2] holds 4",
      "  fix: choose a shape with 3 elements",
    ]);
    expect(() => tensor([1], { shape: [-1] })).toThrow(/no shape/);
    expect(() => tensor([1], { dtype: "float" as "float32" })).toThrow(/write "float32"/);
    const lines = messageOf(() => tensor([1], { type: "int32" } as object));
    expect(lines).toContain('  fix: write "dtype"');
    expect(lines.at(-1)).toMatch(/^ {2}at .*create\.test\.ts:\d+:\d+$/);
  });
});

describe("constants", () => {
  it("are stretched scalars of the shape and dtype asked for", () => {
    const z = zeros([2, 3], { dtype: "int32" });
    expect([z.node.op.name, z.dtype, z.arraySync()]).toEqual([
      "broadcastTo",
      "int32",
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]); // prettier-ignore
    expect(ones([]).arraySync()).toBe(1);
    expect(onesLike(tensor([true])).dtype).toBe("bool");
    expect(zerosLike(tensor([1, 2])).arraySync()).toEqual([0, 0]);
    expect(() => zeros([2, 0.5])).toThrow(ShapeError);
    expect(() => zeros(2 as unknown as number[])).toThrow(/2 is no shape/);
  });

  it("linspace ends exactly where it was told to", () => {
    const ends = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(ends, ends, fc.integer({ min: 2, max: 40 }), (a, b, n) => {
        const data = linspace(a, b, n, { dtype: "float64" }).dataSync();
        // + 0 forgets the sign of zero.
        expect([...data].map((v) => v + 0).filter((_, i) => i === 0 || i === n - 1)).toEqual([a + 0, b + 0]);
      }),
    );
    expect(() => linspace(0, 1, 0)).toThrow(OptionError);
    expect(() => linspace(0, 1, 3, { dtype: "int32" })).toThrow(DTypeError);
  });
});
