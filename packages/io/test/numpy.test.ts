/** npy and npz: files as NumPy writes them, reading back, and files that are damaged or hostile. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { DataError, type DType, PrewittError, tensor, zeros } from "@prewitt/core";
import { loadNpy, loadNpz, saveNpy, saveNpz } from "@prewitt/io";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
let next = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "prewitt-numpy-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fileOf = async (bytes: Uint8Array, ending: string): Promise<string> => {
  const file = join(folder, `${next++}.${ending}`);
  await writeFile(file, bytes);
  return file;
};

/** An npy file with this header. */
function npyOf(header: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const begin = version === 1 ? 10 : 12;
  const out = new Uint8Array(begin + text.length + data.length);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(out.buffer).setUint16(8, text.length, true);
  out.set(text, begin);
  out.set(data, begin + text.length);
  return out;
}
const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

const message = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "nothing was thrown",
    (error) => (error instanceof PrewittError ? error.message : Promise.reject(error)),
  );

describe("npy", () => {
  const read = async (...args: Parameters<typeof npyOf>) => {
    const x = await loadNpy(await fileOf(npyOf(...args), "npy"));
    return [x.dtype, await x.array()];
  };

  it("is written as numpy.save does", async () => {
    const file = join(folder, "a", "x.npy");
    await saveNpy(file, tensor([[1, 2, 3]]));
    const bytes = await readFile(file);
    expect(bytes.subarray(0, 8)).toEqual(Buffer.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0));
    expect(bytes.readUInt16LE(8) + 10).toBe(128);
    expect(bytes.subarray(10, 128).toString()).toBe(
      `${"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }".padEnd(117)}\n`,
    );
    expect(bytes.subarray(128)).toEqual(Buffer.from(Float32Array.of(1, 2, 3).buffer));
  });

  it("every element type, either order of bytes", async () => {
    expect(await read(header("<f2", "(2,)"), [0, 0x3c, 0, 0xc0])).toEqual(["float32", [1, -2]]);
    expect(await read(header(">f4", "(1,)"), [0x3f, 0x80, 0, 0])).toEqual(["float32", [1]]);
    expect(await read(header(">f8", "(1,)"), [0x40, 0, 0, 0, 0, 0, 0, 0])).toEqual(["float64", [2]]);
    expect(await read(header("<i8", "()"), [254, ...new Array(7).fill(255)])).toEqual(["int32", -2]);
    expect(await read(header(">i2", "(2,)"), [1, 0, 255, 255])).toEqual(["int32", [256, -1]]);
    expect(await read(header("|i1", "(2,)"), [1, 255])).toEqual(["int32", [1, -1]]);
    expect(await read(header("<u2", "(1,)"), [255, 255])).toEqual(["int32", [65535]]);
    expect(await read(header("|u1", "(2, 1)"), [3, 4])).toEqual(["uint8", [[3], [4]]]);
    expect(await read(header("|b1", "(2,)"), [0, 1])).toEqual(["bool", [0, 1]]);
    expect(await read(header("<u1", "(1,)"), [9], 2)).toEqual(["uint8", [9]]);
  });

  it("Fortran order", async () => {
    expect(await read(header("|u1", "(2, 3)", "True"), [1, 4, 2, 5, 3, 6])).toEqual([
      "uint8",
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
  });

  it("what is no array of numbers, or damaged", async () => {
    const error = async (...args: Parameters<typeof npyOf>) => message(loadNpy(await fileOf(npyOf(...args), "npy")));
    expect(await error(header("|O", "(1,)"), [])).toContain("its elements are \"'|O'\"\n  - f8, f4, f2, i8");
    expect(await error(header("<c8", "(1,)"), [])).toContain("convert it with astype");
    expect(await error("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", [])).toContain(
      "its elements are",
    );
    expect(await error(header("<f4", "(2,)"), [1, 2, 3])).toContain(
      "cut off\n  - 3 bytes of data found, float32 [2] needs 8",
    );
    expect(await error(header("<f4", "(0,)"), [1])).toContain("longer than its header says");
    expect(await error(header("<f4", `(${"9".repeat(15)}, ${"9".repeat(15)})`), [])).toContain("cut off");
    expect(await error(header("<f4", "(99999999999999999999,)"), [])).toContain("the header is damaged");
    expect(await error("import os", [])).toContain('the header is damaged\n  - "import os"');
    expect(await error(header("<i8", "(1,)"), new Array(8).fill(100))).toContain("beyond int32");
    expect(await message(loadNpy(await fileOf(Uint8Array.of(1, 2), "npy")))).toMatch(
      /no npy array[\s\S]*numpy\.test\.ts/,
    );
    expect(await message(loadNpy(folder))).toContain("it is no ordinary file");
  });
});

describe("npz", () => {
  it("gives back what was written, for every dtype and shape, stored and deflated", async () => {
    const entry = fc.record({
      dtype: fc.constantFrom<DType>("float32", "float64", "int32", "uint8", "bool"),
      shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
    });
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
    const entries = fc.dictionary(name, entry, { maxKeys: 4, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(entries, fc.boolean(), async (all, compress) => {
        const tensors = Object.fromEntries(
          Object.entries(all).map(([key, { dtype, shape }]) => {
            const size = shape.reduce((a, b) => a * b, 1);
            return [
              key,
              tensor(
                Float64Array.from({ length: size }, (_, i) => i % 2),
                { dtype, shape },
              ),
            ] as const;
          }),
        );
        const file = join(folder, "all.npz");
        await saveNpz(file, tensors, { compress });
        const back = await loadNpz(file);
        expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
        for (const [key, x] of Object.entries(tensors)) {
          expect([back[key]?.dtype, back[key]?.shape]).toEqual([x.dtype, x.shape]);
          expect(await back[key]?.data()).toEqual(await x.data());
        }
      }),
      { numRuns: 40 },
    );
  });

  it("as numpy writes it: zip64 fields in the local header, other files beside it", async () => {
    const content = npyOf(header("|u1", "(3,)"), [1, 2, 3]);
    const packed = deflateRawSync(content);
    const name = new TextEncoder().encode("x.npy");
    const local = Buffer.alloc(30 + 5 + 20);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(45, 4);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(content), 14);
    local.writeUInt32LE(0xffffffff, 18);
    local.writeUInt32LE(0xffffffff, 22);
    local.writeUInt16LE(5, 26);
    local.writeUInt16LE(20, 28);
    local.set(name, 30);
    local.writeUInt16LE(1, 35);
    local.writeUInt16LE(16, 37);
    const central = Buffer.alloc(46 + 5);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(crc32(content), 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(content.length, 24);
    central.writeUInt16LE(5, 28);
    central.set(name, 46);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(local.length + packed.length, 16);
    const file = await fileOf(Buffer.concat([local, packed, central, end]), "npz");
    expect(await (await loadNpz(file)).x?.array()).toEqual([1, 2, 3]);
  });

  it("bombs, wrong checksums, something else", async () => {
    const file = join(folder, "zeros.npz");
    await saveNpz(file, { big: zeros([4_000_000]) }, { compress: true });
    const bytes = await readFile(file);
    expect(bytes.length).toBeLessThan(100_000);
    expect(await message(loadNpz(file, { maxBytes: 1e6 }))).toContain(
      "too large\n  - it unfolds to 16,000,128 bytes, at most 1,000,000 are read\n  fix: pass { maxBytes: 16000128 }",
    );
    // The directory claims less than there is.
    const lying = Buffer.from(bytes);
    const central = lying.lastIndexOf(Buffer.of(0x50, 0x4b, 1, 2));
    lying.writeUInt32LE(200, central + 24);
    expect(await message(loadNpz(await fileOf(lying, "npz"), { maxBytes: 1e6 }))).toContain(
      '"big.npy" is damaged\n  - Cannot create a Buffer larger than 200 bytes',
    );
    await saveNpz(file, { x: tensor([1, 2]) });
    const stored = await readFile(file);
    stored[stored.indexOf(0x3f)] = 0x40;
    expect(await message(loadNpz(await fileOf(stored, "npz")))).toContain(
      '"x.npy" is damaged\n  - its checksum differs',
    );
    expect(await message(loadNpz(await fileOf(Buffer.from("nothing of the kind, really"), "npz")))).toContain(
      "no zip archive",
    );
    expect(() => loadNpz(file, { maxBytes: Number.NaN })).toThrow("maxBytes is NaN");
  });
});

it("any change of a valid file is read or refused with DataError", async () => {
  const npy = join(folder, "valid.npy");
  const npz = join(folder, "valid.npz");
  await saveNpy(npy, tensor([[1, 2]]));
  await saveNpz(npz, { a: tensor([1]), b: tensor([true]) }, { compress: true });
  for (const [file, load, numRuns] of [
    [npy, loadNpy, 300],
    [npz, loadNpz, 300],
  ] as const) {
    const valid = await readFile(file);
    const change = fc.record({ at: fc.nat(valid.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), fc.nat(2 * valid.length), async (changes, cut) => {
        const bytes = Uint8Array.from(valid).subarray(0, cut);
        for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
        await writeFile(file, bytes);
        await load(file).catch((error) => {
          if (!(error instanceof DataError)) throw error;
        });
      }),
      { numRuns },
    );
  }
});
