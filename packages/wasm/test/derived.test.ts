// Packed and transformed weights: made once while the weights stay the same, made again when they are assigned, given back
// with the program and the variable; with the same bits whether they were kept or not.

import { compile, evaluate, session, type Tensor, tensor, useExecutor, Variable } from "@prewitt/core";
import { conv2d } from "@prewitt/ops";
import { afterEach, describe, expect, test } from "vitest";
import { Profile, type WasmExecutor, wasmExecutor } from "../src/index.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const d of open.splice(0)) d[Symbol.dispose]();
});
function use(threads = 1): WasmExecutor {
  const executor = wasmExecutor({ threads });
  open.push(useExecutor(executor));
  return executor;
}

function noise(shape: readonly number[], seed: number): Tensor {
  const length = shape.reduce((product, n) => product * n, 1);
  return tensor(
    Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed) * 0.8),
    { shape },
  );
}

/** Layers that read their weights packed, each in its way: what they compute from an input and weights. */
const layers = {
  "Winograd convolution": { x: [4, 32, 16, 16], w: [32, 32, 3, 3], run: (x, w) => conv2d(x, w, { padding: 1 }) },
  "direct convolution": { x: [2, 8, 9, 9], w: [12, 8, 3, 3], run: (x, w) => conv2d(x, w, { stride: 2 }) },
  "depthwise convolution": { x: [2, 8, 9, 9], w: [8, 1, 3, 3], run: (x, w) => conv2d(x, w, { groups: 8 }) },
  "1×1 convolution": { x: [2, 32, 9, 9], w: [48, 32, 1, 1], run: (x, w) => conv2d(x, w) },
  "linear layer": { x: [5, 300], w: [40, 300], run: (x, w) => x.matmul(w.transpose([1, 0])) },
} satisfies Record<string, { x: number[]; w: number[]; run: (x: Tensor, w: Tensor) => Tensor }>;

/** How many stages of kernels a call runs. */
function stagesOf(executor: WasmExecutor, call: () => unknown): number {
  executor.profile = new Profile();
  call();
  const rows = executor.profile.rows();
  executor.profile = undefined;
  return rows.reduce((sum, row) => sum + row.stages, 0);
}

describe.each(Object.entries(layers))("%s", (_, layer) => {
  const values = (t: Tensor): number[] => [...t.dataSync()];
  /** The result of a fresh executor, where nothing can have been kept. */
  const afresh = (x: Tensor, w: Tensor): number[] => {
    const _executor = use();
    return values(layer.run(x, new Variable(w).read()));
  };

  test("weights are packed once, and again when they are assigned", () => {
    const [first, second] = [noise(layer.w, 1), noise(layer.w, 2)];
    const x = noise(layer.x, 3);
    const expected = [afresh(x, first), afresh(x, second)];
    const executor = use(2);
    const w = new Variable(first);
    const infer = compile((x: Tensor) => layer.run(x, w.read()));
    const stages = [0, 1, 2, 3].map(() => stagesOf(executor, () => expect(values(infer(x))).toEqual(expected[0])));
    expect(stages[0]! - stages[2]!).toBe(1);
    expect(stages[3]).toBe(stages[2]);
    w.assign(second);
    expect(stagesOf(executor, () => expect(values(infer(x))).toEqual(expected[1]))).toBe(stages[0]);
    expect(stagesOf(executor, () => expect(values(infer(x))).toEqual(expected[1]))).toBe(stages[2]);
  });

  test("a compiled step that assigns the weights invalidates what another program keeps", () => {
    const x = noise(layer.x, 3);
    const first = noise(layer.w, 1);
    const half = tensor([...first.dataSync()].map((value) => value * 0.5))
      .reshape(layer.w)
      .detach();
    const expected = [afresh(x, first), afresh(x, half)];
    use();
    const w = new Variable(first);
    const infer = compile((x: Tensor) => layer.run(x, w.read()));
    const halve = compile(() => w.assign(w.read().mul(0.5)));
    for (let i = 0; i < 3; i++) expect(values(infer(x))).toEqual(expected[0]);
    halve();
    for (let i = 0; i < 3; i++) expect(values(infer(x))).toEqual(expected[1]);
  });

  test("a program that assigns the weights keeps nothing", () => {
    const executor = use();
    const w = new Variable(noise(layer.w, 1));
    const step = compile((x: Tensor) => {
      const y = layer.run(x, w.read());
      w.assign(w.read().mul(0.5));
      return y;
    });
    for (let i = 0; i < 3; i++) step(noise(layer.x, 3));
    expect(executor.forms.bytes).toBe(0);
  });

  test("closed-over constants are packed once too", () => {
    const executor = use();
    const w = noise(layer.w, 1);
    const x = noise(layer.x, 3);
    const expected = afresh(x, w);
    open.push(useExecutor(executor));
    const infer = compile((x: Tensor) => layer.run(x, w));
    const stages = [0, 1, 2].map(() => stagesOf(executor, () => expect(values(infer(x))).toEqual(expected)));
    expect(stages[0]! - stages[2]!).toBe(1);
  });
});

describe("memory of kept forms", () => {
  const { x, w: shape, run } = layers["Winograd convolution"];
  const formBytes = 4 * 36 * (32 * 32 + 16) * 4;

  test("programs that read the same form share it; the last one gives it back", () => {
    const executor = use();
    const w = new Variable(noise(shape, 1));
    const infer = compile((x: Tensor) => run(x, w.read()));
    infer(noise(x, 3));
    expect(executor.forms.bytes).toBe(0);
    infer(noise(x, 3));
    const { bytes } = executor.forms;
    expect(bytes).toBeGreaterThan(36 * 32 * 32 * 4 - 1);
    expect(bytes).toBeLessThan(2 * formBytes);
    for (let i = 0; i < 2; i++) infer(noise([3, 32, 16, 16], 3));
    expect(executor.forms.bytes).toBe(bytes);
  });

  test("a variable that moves to another executor takes its forms along", () => {
    const executor = use();
    const w = new Variable(noise(shape, 1));
    const infer = compile((x: Tensor) => run(x, w.read()));
    for (let i = 0; i < 2; i++) infer(noise(x, 3));
    expect(executor.forms.bytes).toBeGreaterThan(0);
    use();
    infer(noise(x, 3));
    expect(executor.forms.bytes).toBe(0);
  });

  test("programs that the plan cache drops give their forms back", () => {
    const executor = use();
    const [input, w] = [noise(x, 3), noise(shape, 1)];
    for (let i = 0; i < 3; i++) evaluate(run(input, w));
    expect(executor.forms.bytes).toBeGreaterThan(0);
    for (let n = 1; n <= 256; n++) evaluate(noise([n], 1).add(1));
    expect(executor.forms.bytes).toBe(0);
    // The evaluated one is planned again.
    for (let i = 0; i < 3; i++) evaluate(run(input, w));
    expect(session.plans).toBeDefined();
  });

  test("kernels that take turns while they are tuned leave no forms behind", () => {
    for (const tuning of ["live", 1, 2, 3] as const) {
      const executor = wasmExecutor({ threads: 1, tuning });
      open.push(useExecutor(executor));
      const w = new Variable(noise([256, 256], 1));
      const infer = compile((x: Tensor) => x.matmul(w.read().transpose([1, 0])));
      const input = noise([64, 256], 3);
      for (let i = 0; i < 60; i++) {
        infer(input);
        expect(executor.forms.bytes).toBe(i === 0 ? 0 : 256 * 256 * 4);
      }
    }
  });

  test("a full heap drops forms, with the same results", () => {
    const executor = use();
    const [input, w] = [noise(x, 3), new Variable(noise(shape, 1))];
    const infer = compile((x: Tensor) => run(x, w.read()));
    const results = [0, 1, 2, 3, 4, 5].map((i) => {
      if (i === 3) while (executor.heap.reclaim?.() === true);
      if (i === 3) expect(executor.forms.bytes).toBe(0);
      return [...infer(input).dataSync()];
    });
    for (const result of results) expect(result).toEqual(results[0]);
    expect(executor.forms.bytes).toBeGreaterThan(0);
  });
});
