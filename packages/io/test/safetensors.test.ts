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

function messageOf(bytes: Uint8Array): string {
  try {
    decodeSafetensors(bytes, "w");
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
    const { tensors, metadata } = decodeSafetensors(fileOf(header, [5, 0, 0, 0x80, 0x3f]), "w");
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
        const back = decodeSafetensors(await encodeSafetensors(tensors), "w").tensors;
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
    expect(messageOf(Uint8Array.of(1, 2, 3))).toContain("w: not a safetensors file\n  - 3 bytes found");
    expect(messageOf(new Uint8Array(64).fill(0x50))).toContain("it names a header of 5,787,213,827,046,13");
    const whole = await encodeSafetensors({ w: zeros([1]) });
    expect(messageOf(whole.subarray(0, 30))).toMatch(
      /cut off inside the header\n {2}- 30 bytes found, the header ends at \d+/,
    );
  });

  it("a header that is no JSON object", () => {
    expect(messageOf(fileOf("{ nothing"))).toContain("the header is damaged\n  - ");
    expect(messageOf(fileOf([1]))).toContain("it is no JSON object");
    expect(messageOf(fileOf({ w: null }))).toContain('the header of "w" is damaged');
  });

  it("sizes that contradict the shape, gaps, overlaps and extra bytes", () => {
    expect(messageOf(fileOf({ w: f32([2, 3], 0, 20) }, new Uint8Array(20)))).toContain(
      "20 bytes are set aside, F32 [2, 3] needs 24",
    );
    expect(messageOf(fileOf({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, new Uint8Array(12)))).toContain(
      '"b" begins at byte 8, the one before it ends at 4',
    );
    expect(messageOf(fileOf({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, new Uint8Array(8)))).toContain(
      "overlap or leave a gap",
    );
    expect(messageOf(fileOf({ a: f32([1], 0, 4) }, new Uint8Array(7)))).toContain(
      "longer than its header says\n  - 7 bytes of data found, the header describes 4",
    );
    expect(messageOf(fileOf({ a: f32([-1], 0, 4) }, new Uint8Array(4)))).toContain("its shape is [-1]");
    expect(messageOf(fileOf({ a: { dtype: "F32", shape: [1], data_offsets: [0] } }))).toContain(
      "its data_offsets are [0]",
    );
  });

  it("element types that no tensor has, and booleans that are none", () => {
    const bf16 = { w: { dtype: "BF16", shape: [1], data_offsets: [0, 2] } };
    expect(messageOf(fileOf(bf16, [0, 0]))).toContain(
      '"w" has element type "BF16"\n  - F64, F32, I32, U8, BOOL are read',
    );
    expect(messageOf(fileOf({ w: { dtype: "BOOL", shape: [2], data_offsets: [0, 2] } }, [1, 2]))).toContain(
      "a BOOL is neither 0 nor 1",
    );
  });
});
