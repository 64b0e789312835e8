// Strict precision: no Winograd in any direction, so that convolutions of small integers are exact.

import { compile, grad, type Tensor, tensor, useExecutor, Variable } from "@prewitt/core";
import { conv2d } from "@prewitt/ops";
import { afterEach, describe, expect, test } from "vitest";
import { Profile, type WasmExecutor, wasmExecutor } from "../src/index.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const d of open.splice(0)) d[Symbol.dispose]();
});

const integers = (shape: readonly number[], step: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, i) => ((i * step) % 15) - 7),
    { shape },
  );

/** A convolution that suits Winograd, with its gradients; and the variants of the kernels that computed them. */
function run(executor: WasmExecutor | "reference"): { values: number[][]; variants: string } {
  open.push(useExecutor(executor));
  const [x, w] = [integers([2, 32, 12, 12], 7), new Variable(integers([32, 32, 3, 3], 11))];
  const profile = new Profile();
  if (executor !== "reference") executor.profile = profile;
  const all = compile((x: Tensor, dy: Tensor) => {
    const y = conv2d(x, w.read(), { padding: 1 });
    const [dx, dw] = grad(y.mul(dy).sum(), [x, w.read()]) as [Tensor, Tensor];
    return [y, dx, dw];
  });
  const values = all(x, integers([2, 32, 12, 12], 13)).map((t) => [...t.dataSync()]);
  return {
    values,
    variants: profile
      .rows()
      .map((row) => row.variant)
      .join("; "),
  };
}

describe("precision", () => {
  const expected = run("reference").values;

  test("strict leaves Winograd out, forward and backward, and is exact on integers", () => {
    const { values, variants } = run(wasmExecutor({ threads: 2, precision: "strict" }));
    expect(variants).toMatch(/direct/);
    expect(variants).not.toMatch(/winograd/);
    expect(values).toEqual(expected);
  });

  test("fast takes Winograd in all three directions here", () => {
    const { values, variants } = run(wasmExecutor({ threads: 2, precision: "fast" }));
    expect(variants.match(/winograd/g)?.length).toBe(3);
    values.forEach((list, i) => {
      const largest = Math.max(...expected[i]!.map(Math.abs));
      const off = list.map((value, j) => Math.abs(value - expected[i]![j]!));
      expect(Math.max(...off)).toBeLessThan(2e-5 * largest);
    });
  });
});
