/** Image files: reading, writing, every kind of PNG, and files that are damaged or hostile. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { DataError, PrewittError, tensor } from "@prewitt/core";
import { decodeImage, readImage, writeImage } from "@prewitt/data";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "prewitt-image-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

interface Png {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly colour?: number;
  /** Rows with their filter bytes. */
  readonly rows: ArrayLike<number>;
  readonly palette?: readonly number[];
  readonly alpha?: readonly number[];
}

function pngOf({ width, height, depth = 8, colour = 0, rows, palette, alpha }: Png): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, colour, 0, 0, 0], 8);
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", Uint8Array.from(palette))] : []),
    ...(alpha ? [chunk("tRNS", Uint8Array.from(alpha))] : []),
    chunk("IDAT", deflateSync(Uint8Array.from(rows))),
    chunk("IEND", new Uint8Array()),
  ]);
}

const message = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "nothing was thrown",
    (error) => (error instanceof PrewittError ? error.message : Promise.reject(error)),
  );

describe("PNG", () => {
  it("what is written is read back, for every number of channels and size", async () => {
    const picture = fc.record({
      channels: fc.constantFrom(1 as const, 3 as const, 4 as const),
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
      start: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(picture, async ({ channels, height, width, start }) => {
        const data = Uint8Array.from({ length: channels * height * width }, (_, i) => (start + i * 37) % 256);
        const file = join(folder, "new", "picture.png");
        await writeImage(file, tensor(data, { shape: [channels, height, width] }));
        const back = await readImage(file, { channels });
        expect([back.shape, back.dtype]).toEqual([[channels, height, width], "uint8"]);
        expect(await back.data()).toEqual(data);
      }),
      { numRuns: 40 },
    );
  });

  it("1, 2, 4 and 16 bits, palettes and alpha become bytes", async () => {
    const grey = (png: Png) => decodeImage(pngOf(png), "p", { channels: 1 }).then((t) => t.data());
    expect(await grey({ width: 3, height: 2, depth: 1, rows: [0, 0b01000000, 0, 0b10100000] })).toEqual(
      Uint8Array.of(0, 255, 0, 255, 0, 255),
    );
    expect(await grey({ width: 3, height: 1, depth: 2, rows: [0, 0b00011000] })).toEqual(Uint8Array.of(0, 85, 170));
    expect(await grey({ width: 3, height: 1, depth: 4, rows: [0, 0x0f, 0x80] })).toEqual(Uint8Array.of(0, 255, 136));
    expect(await grey({ width: 2, height: 1, depth: 16, rows: [0, 0xff, 0xff, 0x80, 0x00] })).toEqual(
      Uint8Array.of(255, 128),
    );
    const indexed = {
      width: 3,
      height: 1,
      depth: 2,
      colour: 3,
      rows: [0, 0b00011000],
      palette: [9, 8, 7, 1, 2, 3, 4, 5, 6],
    };
    const colours = await decodeImage(pngOf(indexed), "p");
    expect(await colours.array()).toEqual([[[9, 1, 4]], [[8, 2, 5]], [[7, 3, 6]]]);
    const clear = await decodeImage(pngOf({ ...indexed, alpha: [0, 128] }), "p", { channels: 4 });
    expect((await clear.array())[3 as never]).toEqual([[0, 128, 255]]);
  });

  it("colour to grey by luma, grey to colour, alpha added and left out", async () => {
    const colour = pngOf({ width: 1, height: 1, colour: 2, rows: [0, 255, 0, 100] });
    expect(await (await decodeImage(colour, "p", { channels: 1 })).data()).toEqual(Uint8Array.of(88));
    expect(await (await decodeImage(colour, "p", { channels: 4 })).data()).toEqual(Uint8Array.of(255, 0, 100, 255));
    const faint = pngOf({ width: 1, height: 1, colour: 4, rows: [0, 7, 30] });
    expect(await (await decodeImage(faint, "p")).data()).toEqual(Uint8Array.of(7, 7, 7));
    expect(await (await decodeImage(faint, "p", { channels: 4 })).data()).toEqual(Uint8Array.of(7, 7, 7, 30));
  });
});

describe("JPEG", () => {
  it("comes back close, smooth as it is", async () => {
    const data = Uint8Array.from({ length: 3 * 32 * 24 }, (_, i) => 100 + 50 * Math.floor(i / 768) + (i % 24));
    const file = join(folder, "picture.jpg");
    await writeImage(file, tensor(data, { shape: [3, 32, 24] }), { quality: 95 });
    const back = await readImage(file);
    expect(back.shape).toEqual([3, 32, 24]);
    const values = await back.data();
    expect(Math.max(...data.map((v, i) => Math.abs(v - (values[i] as number))))).toBeLessThan(12);
    const grey = await readImage(file, { channels: 1 });
    expect(grey.shape).toEqual([1, 32, 24]);
    await expect(readImage(file, { maxPixels: 700 })).rejects.toThrow(/picture\.jpg: cannot be decoded\n {2}- .*pixel/);
    const whole = await readFile(file);
    expect(await message(decodeImage(whole.subarray(0, whole.length / 2), "half.jpg"))).toContain(
      "half.jpg: cannot be decoded",
    );
  });
});

describe("errors", () => {
  it("files that are missing or something else, with the user's line", async () => {
    expect(await message(readImage(join(folder, "absent.png")))).toMatch(
      /absent\.png: cannot be read\n {2}- ENOENT[\s\S]*at .*image\.test\.ts/,
    );
    await writeFile(join(folder, "text.png"), "hello");
    expect(await message(readImage(join(folder, "text.png")))).toContain(
      "text.png: neither PNG nor JPEG\n  - it begins with 68 65 6c 6c",
    );
    expect(await message(decodeImage(new Uint8Array(), "empty"))).toContain("it begins with nothing");
  });

  it("pictures that are larger than they may be, in the header or in the pixels", async () => {
    const huge = pngOf({ width: 0xffffffff, height: 0xffffffff, rows: [0] });
    expect(await message(decodeImage(huge, "p"))).toContain("4294967295 × 4294967295 pixels, more than maxPixels");
    const bomb = pngOf({ width: 4, height: 4, rows: new Uint8Array(50_000_000) });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await message(decodeImage(bomb, "p"))).toContain(
      "p: cannot be decoded\n  - Cannot create a Buffer larger than 20",
    );
    expect(await message(decodeImage(pngOf({ width: 4, height: 4, rows: [0, 1, 2] }), "p"))).toContain(
      "cannot be decoded",
    );
    expect(
      await message(decodeImage(pngOf({ width: 1, height: 1, colour: 3, rows: [0, 9], palette: [1, 2, 3] }), "p")),
    ).toContain("p: cannot be decoded");
  });

  it("any damage to a PNG or JPEG is read or refused with DataError", async () => {
    const file = join(folder, "valid.jpg");
    await writeImage(file, tensor(new Uint8Array(3 * 8 * 8).fill(9), { shape: [3, 8, 8] }));
    const png = pngOf({ width: 5, height: 3, colour: 2, rows: new Uint8Array(48) });
    for (const [valid, numRuns] of [
      [png, 300],
      [await readFile(file), 60],
    ] as const) {
      const change = fc.record({ at: fc.nat(valid.length - 1), to: fc.integer({ min: 0, max: 255 }) });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 3 }), fc.nat(2 * valid.length), async (changes, cut) => {
          const bytes = Uint8Array.from(valid).subarray(0, cut);
          for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
          await decodeImage(bytes, "p", { maxPixels: 1e6 }).catch((error) => {
            if (!(error instanceof DataError)) throw error;
          });
        }),
        { numRuns },
      );
    }
  });

  it("tensors that are no picture, other endings and options", async () => {
    const image = tensor(new Uint8Array(12), { shape: [3, 2, 2] });
    expect(await message(writeImage("a.png", image.cast("float32")))).toContain("pictures are bytes\n  image: float32");
    expect(await message(writeImage("a.png", image.unsqueeze(0)))).toContain("take one of the batch");
    expect(await message(writeImage("a.gif", image, { quality: 0 }))).toMatch(
      /a\.gif cannot be written\n {2}- "\.gif" is none of \.png, \.jpg, \.jpeg\n {2}- quality is 0/,
    );
    expect(await message(readImage("a.png", { channel: 1 } as never))).toContain('fix: write "channels"');
    expect(
      await message(decodeImage(pngOf({ width: 1, height: 1, rows: [0, 0] }), "p", { channels: 2 as never })),
    ).toContain("channels is 2, and must be 1, 3 or 4");
  });
});

it("the photographs of the examples can be read", async () => {
  const photo = fileURLToPath(new URL("../../../examples/data/photos/astronaut.png", import.meta.url));
  const image = await readImage(photo);
  expect(image.shape[0]).toBe(3);
  expect(await image.cast("float32").mean().item()).toBeGreaterThan(30);
});
