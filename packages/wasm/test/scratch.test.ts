// Scratch memory that grows moves: programs that were bound to where it lay before must leave that place alone.

import { compile, type Tensor, tensor, useExecutor } from "@prewitt/core";
import { conv2d } from "@prewitt/ops";
import { expect, test, vi } from "vitest";
import type { WasmStorage } from "../src/executor/storage.ts";
import { type WasmExecutor, wasmExecutor } from "../src/index.ts";

const numbers = (shape: readonly number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
    { shape },
  );

/** A convolution whose threads copy rows of the padded input into scratch memory of their own. */
function convolution(batch: number, channels: number, filters: number, width: number): () => Float32Array {
  const f = compile((x: Tensor, w: Tensor) => conv2d(x, w, { padding: 1 }).mul(2).sum({ axis: 1 }));
  const [x, w] = [numbers([batch, channels, 8, width]), numbers([filters, channels, 3, 3])];
  return () => f(x, w).dataSync() as Float32Array;
}

/** Variables of ones wherever memory is free up to beyond `address`. */
function occupy(executor: WasmExecutor, address: number) {
  const length = 256;
  const ones = new Float32Array(length).fill(1);
  const storages: WasmStorage[] = [];
  do {
    const storage = executor.createStorage("float32", length);
    storage.write(ones);
    storages.push(storage);
  } while (storages.every((s) => s.address <= address) && storages.length < 10_000);
  expect(storages.some((s) => s.address <= address && address < s.address + 4 * length)).toBe(true);
  return { intact: () => storages.every((s) => s.readSync().every((value) => value === 1)) };
}

test.each([1, 3])("threads' own scratch memory, when only that moves: %i threads", (threads) => {
  const executor = wasmExecutor({ threads, parallelWork: 0, tuning: "off", precision: "strict" });
  using _ = useExecutor(executor);
  const local = vi.spyOn(executor, "reserveLocal");
  const shared = vi.spyOn(executor, "reserve");
  const many = convolution(64, 8, 128, 12);
  const expected = many();
  const before = local.mock.results.at(-1)?.value as number;
  const regions = new Set(shared.mock.results.map((r) => r.value));
  // Little beside much scratch memory for each thread.
  convolution(1, 8, 8, 400)();
  expect(local.mock.results.at(-1)?.value).not.toBe(before);
  expect(new Set(shared.mock.results.map((r) => r.value))).toEqual(regions);

  const others = occupy(executor, before);
  expect(many()).toEqual(expected);
  expect(others.intact()).toBe(true);
  executor.dispose();
});
