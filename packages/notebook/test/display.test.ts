/** display: pictures on a terminal and in files, numbers, summaries and text. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arange, full, tensor, zeros } from "@prewitt/core";
import { display } from "@prewitt/notebook";
import { decode } from "fast-png";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pipe, plain, Terminal } from "./output.ts";

const here = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-display-"));
  process.chdir(folder);
  vi.stubEnv("NO_COLOR", "");
  vi.stubEnv("TERM", "xterm");
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.chdir(here);
  rmSync(folder, { recursive: true, force: true });
});

/** The file that a line of output names, decoded. */
function pngOf(line: string) {
  return decode(readFileSync(/(runs\S+\.png)/.exec(line)?.[1] as string));
}

describe("numbers", () => {
  it("small tensors are aligned numbers", async () => {
    const out = new Pipe();
    await display(
      tensor([
        [-1, 0, 1],
        [2.5, 10, 0.123456],
      ]),
      { out, title: "filter" },
    );
    expect(out.lines).toEqual(["filter", "    -1      0      1", "   2.5     10 0.1235"]);
  });

  it("slices of higher ranks one by one, scalars beside their title", async () => {
    const out = new Pipe();
    await display(arange(8).reshape([1, 2, 2, 2]), { out });
    expect(out.text).toBe("[0, 0, :, :]\n0 1\n2 3\n\n[0, 1, :, :]\n4 5\n6 7\n");
    const scalar = new Pipe();
    await display(tensor(3.5), { out: scalar, title: "loss" });
    expect(scalar.text).toBe("loss: 3.5\n");
    const empty = new Pipe();
    await display(zeros([0, 3]), { out: empty });
    expect(empty.text).toBe("no elements\n");
  });
});

describe("pictures on a terminal", () => {
  it("an upper half block shows two pixels: foreground above, background below", async () => {
    const out = new Terminal();
    await display(tensor(Uint8Array.of(0, 255, 128, 64), { shape: [2, 2] }), { out, as: "picture", scale: 1 });
    const [line, caption] = out.text.split("\n") as [string, string];
    expect(line).toBe("\u001b[38;2;0;0;0;48;2;128;128;128m▀\u001b[38;2;255;255;255;48;2;64;64;64m▀\u001b[0m");
    expect(caption).toBe("uint8 [2, 2]; black 0, white 255");
  });

  it("three channels are red, green and blue, an odd last row has no background", async () => {
    const out = new Terminal();
    await display(tensor(Uint8Array.of(1, 2, 3), { shape: [3, 1, 1] }), { out, as: "picture", scale: 1 });
    expect(out.text.startsWith("\u001b[38;2;1;2;3m▀\u001b[0m\n")).toBe(true);
  });

  it("256 colours: greys from 232, a cube for colours", async () => {
    const out = new Terminal(80, 8);
    await display(tensor(Uint8Array.of(0, 255), { shape: [1, 2] }), { out, as: "picture", scale: 1 });
    await display(tensor(Uint8Array.of(255, 0, 51), { shape: [3, 1, 1] }), { out, as: "picture", scale: 1 });
    expect(out.text).toContain("\u001b[38;5;232m▀\u001b[38;5;255m▀");
    expect(out.text).toContain(`\u001b[38;5;${16 + 36 * 5 + 1}m▀`);
  });

  it("without colours a ramp of two characters a pixel", async () => {
    vi.stubEnv("NO_COLOR", "1");
    const out = new Terminal();
    await display(tensor(Uint8Array.of(0, 60, 120, 180, 255), { shape: [1, 5] }), { out, as: "picture", scale: 1 });
    expect(out.lines[0]).toBe("  ░░▒▒▓▓██");
  });

  it("images, feature maps and filters: side by side as far as there is room", async () => {
    const out = new Terminal(40);
    await display(zeros([5, 1, 16, 16], { dtype: "uint8" }), { out });
    // Two of 16 columns and a gap fit: 3 rows of pictures, 8 lines each, empty lines between, and the caption.
    const rows = plain(out.text).split("\n");
    expect(rows.filter((row) => row === `${"▀".repeat(16)} ${"▀".repeat(16)}`).length).toBe(16);
    expect(rows.length).toBe(3 * 8 + 2 + 1 + 1);
    const filters = new Terminal(200);
    await display(zeros([2, 4, 12, 12]), { out: filters });
    expect(plain(filters.text).split("\n")[0]).toBe(Array(4).fill("▀".repeat(12)).join(" "));
  });

  it("never wider than the terminal: large images are averaged, small ones enlarged", async () => {
    const out = new Terminal(30);
    await display(zeros([1, 100, 100], { dtype: "uint8" }), { out });
    expect(plain(out.text).split("\n")[0]).toBe("▀".repeat(25));
    const small = new Terminal(30);
    await display(arange(9).reshape([3, 3]), { out: small, as: "picture" });
    expect(plain(small.text).split("\n")[0]).toBe("▀".repeat(12));
    const checks = new Terminal(2);
    const board = Uint8Array.from({ length: 16 }, (_, i) => ((i + (i >> 2)) % 2) * 200);
    await display(tensor(board, { shape: [4, 4] }), { out: checks, as: "picture", scale: 1 });
    expect(checks.text).toContain("\u001b[38;2;100;100;100;48;2;100;100;100m▀▀");
  });

  it("floats from their least to their greatest value, or in a given range; NaN is counted", async () => {
    const out = new Terminal();
    const x = tensor([[-1, Number.NaN, 3]]);
    await display(x, { out, as: "picture", scale: 1 });
    expect(out.text).toContain("\u001b[38;2;0;0;0m▀▀\u001b[38;2;255;255;255m▀");
    expect(out.text).toContain("float32 [1, 3]; black -1, white 3; 1 NaN shown black");
    const ranged = new Terminal();
    await display(x, { out: ranged, as: "picture", scale: 1, range: [-5, 3] });
    expect(ranged.text).toContain("38;2;128;128;128m▀\u001b[38;2;0;0;0m▀");
    const constant = new Terminal();
    await display(full([10, 20, 20], 7), { out: constant });
    expect(constant.text).toContain("38;2;128;128;128");
  });

  it("at most 64 pictures, and it says so", async () => {
    const out = new Terminal();
    await display(zeros([100, 1, 8, 8], { dtype: "uint8" }), { out });
    expect(out.text).toContain("the first 64 of 100 pictures");
  });
});

describe("pictures in a pipe", () => {
  it("are PNG files, one line with the path each, with their values", async () => {
    const out = new Pipe();
    const board = Uint8Array.from({ length: 64 }, (_, i) => i * 4);
    await display(tensor(board, { shape: [1, 8, 8] }), { out, title: "One digit", as: "picture" });
    await display(tensor(board, { shape: [1, 8, 8] }), { out, title: "One digit", as: "picture" });
    expect(out.lines.length).toBe(2);
    expect(out.lines[0]).toMatch(
      /^One digit: runs.display.\S+001-one-digit\.png \(uint8 \[1, 8, 8\]; black 0, white 255\)$/,
    );
    expect(out.lines[1]).toContain("002-one-digit.png");
    const png = pngOf(out.lines[0] as string);
    expect([png.width, png.height, png.channels]).toEqual([128, 128, 1]);
    for (const i of [0, 5, 63]) expect(png.data[(Math.floor(i / 8) * 16 + 3) * 128 + (i % 8) * 16 + 7]).toBe(i * 4);
  });

  it("colour, and several pictures with gaps", async () => {
    const out = new Pipe();
    const pixels = Uint8Array.from({ length: 2 * 3 * 64 * 64 }, (_, i) => (Math.floor(i / 4096) + 1) * 10);
    await display(tensor(pixels, { shape: [2, 3, 64, 64] }), { out });
    const png = pngOf(out.text);
    expect([png.width, png.height, png.channels]).toEqual([260, 128, 3]);
    expect([...png.data.slice(0, 3)]).toEqual([10, 20, 30]);
    expect([...png.data.slice(129 * 3, 130 * 3)]).toEqual([208, 208, 208]);
    expect([...png.data.slice(140 * 3, 141 * 3)]).toEqual([40, 50, 60]);
  });

  it("as: blocks gives text there too", async () => {
    const out = new Pipe();
    await display(tensor(Uint8Array.of(0, 255), { shape: [1, 2] }), { out, as: "blocks", scale: 1 });
    expect(out.lines[0]).toBe("  ██");
  });
});

describe("everything else", () => {
  it("large tensors that are no pictures are summed up, never thousands of numbers", async () => {
    const out = new Pipe();
    await display(zeros([10000]), { out });
    await display(zeros([100, 4]), { out });
    expect(out.text).toContain("Tensor float32 [10000]");
    expect(out.text).toContain("Tensor float32 [100, 4]");
    expect(out.text.length).toBeLessThan(600);
  });

  it("records are shown field by field", async () => {
    const out = new Pipe();
    await display({ image: { data: Uint8Array.of(1, 2), shape: [1, 2] }, label: 7 }, { out });
    expect(out.lines).toEqual(["image: 1 2", "label: 7"]);
  });

  it("text as it is, objects as Node shows them", async () => {
    const out = new Pipe();
    await display("# A title", { out });
    await display({ a: [1, 2] }, { out });
    expect(out.text).toBe("# A title\n{ a: [ 1, 2 ] }\n");
  });

  it("says what cannot be shown", async () => {
    const out = new Pipe();
    await expect(display(zeros([10]), { out, as: "picture" })).rejects.toThrow("a tensor [10] is no picture");
    await expect(display(zeros([4, 4]), { out, as: "movie" as "file" })).rejects.toThrow('as "movie" is unknown');
    await expect(display(zeros([4, 4]), { out, scale: 0.5 })).rejects.toThrow("scale 0.5 is not possible");
    await expect(display(zeros([4, 4]), { out, as: "blocks", range: [1, 0] })).rejects.toThrow("range [1, 0] is none");
    await expect(display(1, { outt: out } as object)).rejects.toThrow('unknown option "outt"');
  });
});
