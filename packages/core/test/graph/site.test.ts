import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { captureSite, formatSite, PrewittError, scope, tensor, withScope } from "@prewitt/core";
import { describe, expect, test } from "vitest";

const here = "site.test.ts";

function caught(fn: () => unknown): PrewittError {
  try {
    fn();
  } catch (error) {
    if (error instanceof PrewittError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the user's line", () => {
  test("under vitest: file, line and column of the call", () => {
    const a = tensor([1, 2]);
    const at = formatSite(captureSite());
    const error = caught(() => a.add(tensor([1, 2, 3])));
    const line = Number(/:(\d+):\d+$/.exec(at)?.[1]) + 1;
    expect(error.at).toMatch(new RegExp(`/${here}:${line}:34$`));
  });

  test("under tsx: typed source lines, from errors at build, of gradients, in traces and of variables", () => {
    const script = fileURLToPath(new URL("fixtures/wrong-shape.ts", import.meta.url));
    const output = execFileSync(process.execPath, ["--import", "tsx", script], { encoding: "utf8" });
    const errors = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; at: string }); // prettier-ignore
    const at = (place: string): string => `${script}:${place}`;
    expect(errors).toEqual([
      { name: "ShapeError", at: at("9:20") },
      { name: "GradientError", at: at("23:14") },
      { name: "TraceError", at: at("24:70") },
      { name: "TypeError" },
      { name: "ShapeError", at: at("26:24") },
    ]);
  });

  test("nodes know it before anything goes wrong", () => {
    const y = tensor([1]).mul(2);
    expect(formatSite(y.node.site)).toMatch(/site\.test\.ts:\d+:27$/);
  });
});

describe("stack frames", () => {
  const format = (...frames: string[]): string =>
    formatSite({ stack: ["Error", ...frames.map((f) => `    at ${f}`)].join("\n") });

  test.each([
    ["a function", "forward (/home/me/train.ts:3:14)", "/home/me/train.ts:3:14"],
    ["the top level", "/home/me/train.ts:3:14", "/home/me/train.ts:3:14"],
    ["an awaited call", "async step (file:///home/me/train.ts:3:14)", "/home/me/train.ts:3:14"],
    [
      "spaces and other letters in a URL",
      "f (file:///home/me/my%20nets/z%C3%BCge.ts:1:2)",
      "/home/me/my nets/züge.ts:1:2",
    ],
    ["a path with spaces, at the top level", "/home/me/my nets/a.ts:1:2", "/home/me/my nets/a.ts:1:2"],
    ["Windows", "f (C:\\me\\train.ts:3:4)", "C:\\me\\train.ts:3:4"],
    ["Windows, as a URL", "f (file:///C:/me/train.ts:3:4)", "C:/me/train.ts:3:4"],
    ["a browser", "f (https://example.org/net.js:3:4)", "https://example.org/net.js:3:4"],
  ])("%s", (_, frame, place) => {
    expect(format(frame)).toBe(place);
  });

  test("of the library, of Node and of the test runner are left out", () => {
    const mine = "f (/home/me/train.ts:3:14)";
    const library = [
      "makeNode (/home/me/node_modules/@prewitt/core/dist/index.js:1:2)",
      "makeNode (/home/me/node_modules/.pnpm/x@1/node_modules/prewitt/dist/nn.js:1:2)",
      "makeNode (C:\\me\\node_modules\\@prewitt\\ops\\dist\\index.js:1:2)",
      "node:internal/process/task_queues:95:5",
      "/home/me/node_modules/vitest/dist/chunk.js:1:1",
      "Array.map (<anonymous>)",
    ];
    expect(format(...library, mine)).toBe("/home/me/train.ts:3:14");
    expect(format(...library)).toBe("");
    expect(formatSite(undefined)).toBe("");
  });

  test("a user's folder of the same name is the user's", () => {
    expect(format("f (/home/me/packages/core/src/net.ts:1:2)")).toBe("/home/me/packages/core/src/net.ts:1:2");
  });
});

describe("module paths", () => {
  test("nest, close at the end of the block, and after an error", () => {
    const path = (): string => tensor([1]).mul(2).node.scope;
    {
      using _ = scope("stem");
      expect(withScope("stem.conv1", path)).toBe("stem.conv1");
      expect(() => withScope("stem.bad", () => tensor([1, 2]).add(tensor([1, 2, 3])))).toThrow(
        "\n  module: stem.bad\n",
      );
      expect(path()).toBe("stem");
    }
    expect(path()).toBe("");
  });
});
