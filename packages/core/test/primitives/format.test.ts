/** Tensors as text, shape checks, and the methods on the prototype. */

import { inspect as nodeInspect } from "node:util";
import { arange, sort, type Tensor, tensor, withScope, zeros } from "@prewitt/core";
import { expect, it } from "vitest";

it("prints shape, dtype, op and module without evaluating", () => {
  const x = zeros([2, 3]);
  const y = withScope("head", () => x.exp());
  expect(String(y)).toBe("Tensor float32 [2, 3] = exp (module head)");
  expect(nodeInspect({ y })).toBe("{ y: Tensor float32 [2, 3] = exp (module head) }");
  expect(y.node.values[0]).toBeUndefined();
  expect(String(sort(x).indices)).toBe("Tensor int32 [2, 3] = sort, output 1");
});

it("summarises statistics and shows small tensors whole", async () => {
  const x = tensor([
    [1, 2],
    [3, Number.NaN],
  ]);
  expect(await x.summary()).toBe(
    "Tensor float32 [2, 2] = constant\n  min 1, mean 2, max 3, NaN 1\n  [[1, 2], [3, NaN]]",
  );
  expect(await tensor([true, false]).summary()).toContain("[true, false]");
  expect(await zeros([0, 2]).summary()).toBe("Tensor float32 [0, 2] = broadcastTo\n  no elements");
  expect(await tensor([1, Number.POSITIVE_INFINITY]).summary()).toContain("infinite 1");
});

it("shows the corners of large tensors only", async () => {
  const x = arange(2 * 100 * 100).reshape([2, 100, 100]);
  const text = await x.summary();
  expect(text.split("\n").slice(2)).toEqual([
    "  [0, :, :] of it:",
    "  [0, 1, …, 98, 99]",
    "  [100, 101, …, 198, 199]",
    "  …",
    "  [9800, 9801, …, 9898, 9899]",
    "  [9900, 9901, …, 9998, 9999]",
  ]);
});

it("expectShape returns the tensor, or names every axis that does not match", () => {
  const x = zeros([8, 3, 32, 28]);
  expect(x.expectShape("N", 3, "H", "W")).toBe(x);
  let message = "";
  try {
    x.expectShape("N", 1, "S", "S");
  } catch (e) {
    message = (e as Error).message;
  }
  expect(message.split("\n").slice(0, -1)).toEqual([
    "[expectShape] the shape is not [N, 1, S, S]",
    "  x: float32 [N=8, 1=3, S=32, S=28]",
    "  - axis 1: expected 1, found 3",
    "  - axis 3: S = 32 before, found 28",
    "  fix: pass a tensor of shape [N, 1, S, S]",
  ]);
  expect(() => x.expectShape("N", 3)).toThrow(/rank 4, expected 2/);
});

it("methods do not show up when a tensor is walked", () => {
  const x: Tensor = tensor([1]);
  expect(Object.keys(x)).toEqual(["node", "output"]);
  const walked: string[] = [];
  for (const key in x) walked.push(key);
  expect(walked).toEqual(["node", "output"]);
});
