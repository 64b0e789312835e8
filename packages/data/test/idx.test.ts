/** idx files: what is read, and what each kind of wrong file says. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DataError } from "@prewitt/core";
import { idxDataset, parseIdx, readIdx } from "@prewitt/data";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

function idx(shape: readonly number[], data: readonly number[], code = 8): Uint8Array {
  const header = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Uint8Array.from([0, 0, code, shape.length, ...header, ...data]);
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-idx-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function errorOf(action: () => unknown): DataError {
  try {
    action();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("reading", () => {
  it("gives extents and elements in row-major order", () => {
    const { data, shape } = parseIdx(idx([2, 3], [1, 2, 3, 4, 5, 255]), "f");
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 255]);
  });

  it("reads extents above 255 as big-endian", () => {
    expect(parseIdx(idx([258], new Array<number>(258).fill(7)), "f").shape).toEqual([258]);
  });

  it("reads gzip by content, whatever the name says", () => {
    const bytes = idx([2, 2], [9, 8, 7, 6]);
    const packed = readIdx(file("packed-without-ending", gzipSync(bytes)));
    const plain = readIdx(file("plain.gz", bytes));
    expect([...packed.data]).toEqual([9, 8, 7, 6]);
    expect([...plain.data]).toEqual([9, 8, 7, 6]);
  });

  it("reads back what was written, for any shape", () => {
    const anyShape = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyShape, fc.nat(), (shape, start) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const values = Array.from({ length: size }, (_, i) => (start + i) & 255);
        const read = parseIdx(idx(shape, values), "f");
        expect(read.shape).toEqual(shape);
        expect([...read.data]).toEqual(values);
      }),
    );
  });
});

describe("wrong files", () => {
  it("cut off in the data: found and expected bytes", () => {
    const error = errorOf(() => parseIdx(idx([10, 28, 28], new Array<number>(5000).fill(0)), "images"));
    expect(error.message).toBe(
      "[idx] images: cut off\n  - 5,000 bytes of data found, [10, 28, 28] needs 7,840\n  fix: get the file again",
    );
  });

  it("longer than the header says", () => {
    const error = errorOf(() => parseIdx(idx([3], [1, 2, 3, 4]), "labels"));
    expect(error.message).toContain("labels: longer than its header says\n  - 4 bytes of data found, [3] needs 3");
  });

  it("cut off in the header", () => {
    const error = errorOf(() => parseIdx(idx([3, 4, 5], []).subarray(0, 9), "images"));
    expect(error.message).toContain("images: cut off inside the header\n  - 9 bytes found, the header alone has 16");
  });

  it("no idx file at all: the first bytes", () => {
    const html = new TextEncoder().encode("<!DOCTYPE html>");
    expect(errorOf(() => parseIdx(html, "page")).message).toContain(
      "page: not an idx file\n  - it begins with 3c 21 44 4f, an idx file of bytes with 00 00 08 and the rank",
    );
    expect(errorOf(() => parseIdx(new Uint8Array(0), "empty")).message).toContain("it is empty");
  });

  it("another element type", () => {
    expect(errorOf(() => parseIdx(idx([1], [0, 0, 0, 0], 13), "floats")).message).toContain(
      "floats: holds float32 elements (code 0x0d)\n  - only uint8 (0x08) is read",
    );
  });

  it("other extents than expected", () => {
    const bytes = idx([2, 3], [1, 2, 3, 4, 5, 6]);
    const error = errorOf(() => parseIdx(bytes, "f", { shape: [null, 28, 28] }));
    expect(error.message).toContain("found [2, 3], expected [any, 28, 28]");
    expect(parseIdx(bytes, "f", { shape: [null, 3] }).shape).toEqual([2, 3]);
  });

  it("damaged gzip, at any byte, or no file: named, with the user's line", () => {
    const packed = gzipSync(
      idx(
        [400],
        Array.from({ length: 400 }, (_, i) => (i * 89) & 255),
      ),
    );
    const cut = file("cut.gz", packed.subarray(0, 100));
    const error = errorOf(() => readIdx(cut));
    expect(error.message).toContain(`${cut}: the gzip data is damaged\n  - 100 compressed bytes: `);
    expect(error.at).toContain("idx.test.ts");
    const bent = Uint8Array.from(packed);
    bent[200] = (bent[200] as number) ^ 255;
    expect(errorOf(() => readIdx(file("bent.gz", bent)))).toBeInstanceOf(DataError);
    expect(errorOf(() => readIdx(join(folder, "absent"))).message).toContain("cannot be read\n  - ENOENT");
  });
});

describe("idxDataset", () => {
  const images = () => file("three-images", idx([3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));

  it("gives views of images and numbers", () => {
    const data = idxDataset({ images: images(), labels: file("labels", idx([3], [1, 0, 2])), classes: [..."abc"] });
    expect(data.length).toBe(3);
    expect(data.classes).toEqual(["a", "b", "c"]);
    const { image, label } = data.get(1);
    expect(image.shape).toEqual([1, 2, 2]);
    expect([...image.data]).toEqual([4, 5, 6, 7]);
    expect(label).toBe(0);
  });

  it("images and labels that do not belong together: both counts", () => {
    const labels = file("two-labels", idx([2], [0, 1]));
    const error = errorOf(() => idxDataset({ images: images(), labels }));
    expect(error.message).toContain(`${join(folder, "three-images")} holds 3 images\n  - ${labels} holds 2 labels`);
  });

  it("labels out of range: which, and how many", () => {
    const labels = file("wild-labels", idx([3], [1, 9, 3]));
    const error = errorOf(() => idxDataset({ images: images(), labels, classes: [..."abc"] }));
    expect(error.message).toContain("label 1 is 9, with 3 classes it may be 0 … 2");
    expect(error.message).toContain("2 of 3 labels are out of range");
    expect(error.message).toContain("name at least 10 classes");
  });

  it("exchanged files", () => {
    const labels = file("labels-again", idx([3], [0, 1, 2]));
    expect(errorOf(() => idxDataset({ images: labels, labels })).message).toContain(
      "found [3], expected [any, any, any]",
    );
  });
});
