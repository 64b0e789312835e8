/** safetensors: the bytes, reading back, and what each kind of wrong file says. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError, type DType, ones, tensor, zeros } from "@prewitt/core";
import { decodeSafetensors, encodeSafetensors, loadSafetensors, readSafetensors, saveSafetensors } from "@prewitt/io";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "prewitt-io-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with this header and as many data bytes, built by hand. */
function fileOf(header: unknown, data: ArrayLike<number> = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

async function messageOf(bytes: Uint8Array): Promise<string> {
  try {
    await decodeSafetensors(bytes, "w");
  } catch (error) {
    if (error instanceof DataError) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the format", () => {
  it("is written as the specification says", async () => {
    const bytes = await encodeSafetensors({ b: tensor([1, -2]), a: tensor(Uint8Array.of(7, 8, 9)) }, { by: "me" });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { by: "me" },
      b: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
      a: { dtype: "U8", shape: [3], data_offsets: [8, 11] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7, 8, 9]);
  });

  it("is read as others write it: any order, no padding, unaligned", async () => {
    const header = {
      x: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
      y: { dtype: "F32", shape: [], data_offsets: [1, 5] },
    };
    const { tensors, metadata } = await decodeSafetensors(fileOf(header, [5, 0, 0, 0x80, 0x3f]), "w");
    expect(await tensors.y?.item()).toBe(1);
    expect(tensors.y?.shape).toEqual([]);
    expect(await tensors.x?.item()).toBe(5);
    expect(metadata).toEqual({});
  });

  it("gives back what was written, for every dtype and shape", async () => {
    const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint8", "bool"];
    const entry = fc.record({
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      start: fc.nat(100),
    });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), entry, { maxKeys: 5, noNullPrototype: true }), async (entries) => {
        const tensors = Object.fromEntries(
          Object.entries(entries)
            .filter(([name]) => name !== "__metadata__")
            .map(([name, { dtype, shape, start }]) => {
              const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
                dtype === "bool" ? (start + i) % 2 : (start + i) % 256,
              );
              return [name, tensor(Float64Array.from(values), { dtype, shape })] as const;
            }),
        );
        const { tensors: back } = await decodeSafetensors(await encodeSafetensors(tensors), "w");
        expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, t] of Object.entries(tensors)) {
          expect([back[name]?.dtype, back[name]?.shape]).toEqual([t.dtype, t.shape]);
          expect(await back[name]?.data()).toEqual(await t.data());
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("files", () => {
  it("are saved whole, with their folders, over an older file", async () => {
    const file = join(folder, "a", "b", "weights.safetensors");
    await saveSafetensors(file, { w: ones([2, 3]) });
    await saveSafetensors(file, { w: ones([2, 3]).mul(3) }, { metadata: { epoch: "2" } });
    expect(await (await loadSafetensors(file)).w?.array()).toEqual([
      [3, 3, 3],
      [3, 3, 3],
    ]);
    expect((await readSafetensors(file)).metadata).toEqual({ epoch: "2" });
    expect(await readdir(join(folder, "a", "b"))).toEqual(["weights.safetensors"]);
  });

  it("a failed save leaves the older file and nothing else", async () => {
    const file = join(folder, "kept.safetensors");
    await saveSafetensors(file, { w: ones([1]) });
    const before = await readFile(file);
    await expect(saveSafetensors(file, { __metadata__: ones([1]) })).rejects.toThrow("not of a tensor");
    expect(await readFile(file)).toEqual(before);
    await expect(saveSafetensors(join(file, "below"), { w: ones([1]) })).rejects.toThrow();
    expect((await readdir(folder)).filter((name) => name.includes("part"))).toEqual([]);
  });

  it("missing or damaged: named, with the user's line", async () => {
    const absent = join(folder, "absent.safetensors");
    await expect(loadSafetensors(absent)).rejects.toThrow(`${absent}: cannot be read\n  - ENOENT`);
    const file = join(folder, "short.safetensors");
    await writeFile(file, (await encodeSafetensors({ w: zeros([100]) })).subarray(0, -1));
    await expect(loadSafetensors(file)).rejects.toThrow(
      /short\.safetensors: cut off\n {2}- 399 bytes of data found, the header describes 400[\s\S]*at .*safetensors\.test\.ts/,
    );
  });
});

describe("wrong files", () => {
  const f32 = (shape: readonly number[], begin: number, end: number) => ({
    dtype: "F32",
    shape,
    data_offsets: [begin, end],
  });

  it("too short, with an impossible header length, or cut off in the header", async () => {
    expect(await messageOf(Uint8Array.of(1, 2, 3))).toContain("w: not a safetensors file\n  - 3 bytes found");
    expect(await messageOf(new Uint8Array(64).fill(0x50))).toContain("it names a header of 5,787,213,827,046,13");
    const whole = await encodeSafetensors({ w: zeros([1]) });
    expect(await messageOf(whole.subarray(0, 30))).toMatch(
      /cut off inside the header\n {2}- 30 bytes found, the header ends at \d+/,
    );
  });

  it("a header that is no JSON object", async () => {
    expect(await messageOf(fileOf("{ nothing"))).toContain("the header is damaged\n  - ");
    expect(await messageOf(fileOf([1]))).toContain("it is no JSON object");
    expect(await messageOf(fileOf({ w: null }))).toContain('the header of "w" is damaged');
  });

  it("sizes that contradict the shape, gaps, overlaps and extra bytes", async () => {
    expect(await messageOf(fileOf({ w: f32([2, 3], 0, 20) }, new Uint8Array(20)))).toContain(
      "20 bytes are set aside, F32 [2, 3] needs 24",
    );
    expect(await messageOf(fileOf({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, new Uint8Array(12)))).toContain(
      '"b" begins at byte 8, the one before it ends at 4',
    );
    expect(await messageOf(fileOf({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, new Uint8Array(8)))).toContain(
      "overlap or leave a gap",
    );
    expect(await messageOf(fileOf({ a: f32([1], 0, 4) }, new Uint8Array(7)))).toContain(
      "longer than its header says\n  - 7 bytes of data found, the header describes 4",
    );
    expect(await messageOf(fileOf({ a: f32([-1], 0, 4) }, new Uint8Array(4)))).toContain("its shape is [-1]");
    expect(await messageOf(fileOf({ a: { dtype: "F32", shape: [1], data_offsets: [0] } }))).toContain(
      "its data_offsets are [0]",
    );
  });

  it("element types that cannot be read, and values that do not fit", async () => {
    const one = (dtype: string, size: number) => ({ w: { dtype, shape: [1], data_offsets: [0, size] } });
    expect(await messageOf(fileOf(one("F8_E4M3", 1), [0]))).toContain(
      '"w" has element type "F8_E4M3"\n  - F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL are read',
    );
    expect(await messageOf(fileOf({ w: { dtype: "BOOL", shape: [2], data_offsets: [0, 2] } }, [1, 2]))).toContain(
      '"w" cannot be read\n  - element 1 is 2, and a boolean is 0 or 1',
    );
    expect(await messageOf(fileOf(one("I64", 8), [0, 0, 0, 128, 0, 0, 0, 0]))).toContain(
      "element 0 is 2147483648, beyond int32",
    );
    expect(await messageOf(fileOf(one("U32", 4), [255, 255, 255, 255]))).toContain("element 0 is 4294967295, beyond");
  });

  it("text from the file is cut, however long or deep", async () => {
    const deep = `{"w":{"dtype":"F32","data_offsets":[0,4],"shape":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`;
    expect(await messageOf(fileOf(deep))).toContain("its shape is [[[…]]]");
    const long = { ["n".repeat(100_000)]: { dtype: "F32", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } };
    const message = await messageOf(fileOf(long, new Uint8Array(4)));
    expect(message).toContain("contradicts itself");
    expect(message.length).toBeLessThan(600);
  });
});

describe("element types without a tensor of their own", () => {
  const read = async (dtype: string, size: number, bytes: readonly number[]) => {
    const shape = [bytes.length / size];
    const { tensors } = await decodeSafetensors(
      fileOf({ w: { dtype, shape, data_offsets: [0, bytes.length] } }, bytes),
      "w",
    );
    return [tensors.w?.dtype, Array.from((await tensors.w?.data()) ?? [])];
  };

  it("halves become float32: zeros, subnormal, one, largest, infinite, not a number", async () => {
    const halves = [0x0000, 0x8000, 0x0001, 0x3c00, 0xc000, 0x7bff, 0xfc00, 0x7e00];
    expect(
      await read(
        "F16",
        2,
        halves.flatMap((h) => [h & 255, h >> 8]),
      ),
    ).toEqual(["float32", [0, -0, 2 ** -24, 1, -2, 65504, Number.NEGATIVE_INFINITY, Number.NaN]]);
    expect(await read("BF16", 2, [0x80, 0x3f, 0x49, 0xc0])).toEqual(["float32", [1, -3.140625]]);
  });

  it("integers become int32", async () => {
    expect(await read("I64", 8, [254, ...new Array(7).fill(255)])).toEqual(["int32", [-2]]);
    expect(await read("U64", 8, [7, 0, 0, 0, 0, 0, 0, 0])).toEqual(["int32", [7]]);
    expect(await read("U32", 4, [0, 0, 1, 0])).toEqual(["int32", [65536]]);
    expect(await read("I16", 2, [255, 255])).toEqual(["int32", [-1]]);
    expect(await read("U16", 2, [255, 255])).toEqual(["int32", [65535]]);
    expect(await read("I8", 1, [255, 1])).toEqual(["int32", [-1, 1]]);
  });
});

describe("damaged files", () => {
  it("any change of a valid file is read or refused with DataError, never anything else", async () => {
    const valid = await encodeSafetensors({ a: ones([2, 3]), b: tensor(Uint8Array.of(1, 2)) }, { by: "me" });
    const change = fc.record({ at: fc.nat(valid.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(valid.length), async (changes, cut) => {
        const bytes = valid.slice(0, valid.length - (cut % 3 === 0 ? cut : 0));
        for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
        await decodeSafetensors(bytes, "w").catch((error) => {
          if (!(error instanceof DataError)) throw error;
        });
      }),
      { numRuns: 500 },
    );
  });
});
