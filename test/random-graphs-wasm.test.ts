// Random graphs on the wasm executor: every kernel of every graph confirmed by the reference on what it read, gradients
// among them; and laws of the executor itself. A failure shrinks to few lines and prints itself as code.

import { checkingExecutor, type Executor, type ExecutorTraits, type TypedArray } from "@prewitt/core";
import * as ops from "@prewitt/ops";
import { checkedStages, expectSameBits, inputsOf, type RandomGraph, randomGraphs, runOn } from "@prewitt/testing";
import { type WasmExecutor, wasmExecutor } from "@prewitt/wasm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { opsTemplates } from "./graph-templates.ts";

const options = { templates: opsTemplates, scope: ops };
const graphs = randomGraphs(options);

/** Larger images with channels that divide by 4, 8 and 16 or do not, so that every kind of code is reached. */
const wide = randomGraphs({
  ...options,
  maxSteps: 8,
  inputs: [
    [
      [2, 16, 7, 9],
      [16, 16, 3, 3],
      [1, 16, 1, 1],
    ],
    [
      [3, 20, 9, 6],
      [17, 20, 3, 3],
      [20, 20, 1, 1],
    ],
    [
      [5, 13, 8, 8],
      [9, 13, 2, 3],
    ],
    [
      [33, 70],
      [70, 19],
      [33, 1],
    ],
  ],
});

function holds(arbitrary: fc.Arbitrary<RandomGraph>, numRuns: number, law: (graph: RandomGraph) => void): void {
  fc.assert(fc.property(arbitrary, law), { numRuns });
}

/** The wasm executor under other traits. */
function withTraits(executor: WasmExecutor, traits: Partial<ExecutorTraits>): Executor {
  return {
    name: executor.name,
    traits: { ...executor.traits, ...traits },
    prepare: (program) => executor.prepare(program),
    createStorage: (dtype, length) => executor.createStorage(dtype, length),
  };
}

const unfused: Partial<ExecutorTraits> = { epilogues: new Set(), prologues: new Set(), fuseMaps: false };

function bitsOf(executor: Executor, { fn, inputs }: RandomGraph): readonly TypedArray[] {
  return runOn(executor, fn(...inputs)).values;
}

function expectEqualValues(actual: readonly TypedArray[], expected: readonly TypedArray[], what: string): void {
  for (const [i, data] of actual.entries()) expectSameBits(data, expected[i] as TypedArray, `output ${i}, ${what}`);
}

const two = wasmExecutor({ threads: 2 });

describe("every kernel is the reference's within the bound of its kind", () => {
  test.each([
    ["small, fused", graphs, 250, two],
    ["small, unfused", graphs, 80, withTraits(two, unfused)],
    ["small, short expressions", graphs, 60, withTraits(two, { maxExpression: 6 })],
    ["small, float64", randomGraphs({ ...options, dtype: "float64" }), 80, two],
    ["wide, fused", wide, 60, two],
    ["wide, without relaxed SIMD", wide, 40, wasmExecutor({ threads: 1, relaxedSimd: false })],
  ] as const)("%s", (_, arbitrary, numRuns, executor) => {
    const checking = checkingExecutor(executor);
    holds(arbitrary, numRuns, ({ fn, inputs }) => {
      runOn(checking, fn(...inputs));
    });
  });

  test("at addresses above 2 GiB", () => {
    const high = wasmExecutor({ threads: 2 });
    const below = high.createStorage("uint8", 2 ** 31 + 2 ** 20);
    const checking = checkingExecutor(high);
    holds(fc.oneof(graphs, wide), 60, ({ fn, inputs }) => {
      runOn(checking, fn(...inputs));
    });
    expect(high.heap.bytes).toBeGreaterThan(below.length);
    below.free();
  });
});

describe("bits", () => {
  test("do not depend on the number of threads, or on which run it is", () => {
    const executors = [1, 2, 3].map((threads) => wasmExecutor({ threads, parallelWork: 0 }));
    holds(fc.oneof(graphs, wide), 80, (graph) => {
      const [expected, ...others] = executors.map((executor) => bitsOf(executor, graph));
      for (const [i, values] of others.entries()) expectEqualValues(values, expected!, `${i + 2} threads`);
      const executor = executors[1] as WasmExecutor;
      const { program, collected } = checkedStages(graph.fn(...graph.inputs), executor);
      const prepared = executor.prepare(program);
      const bindings = { inputs: inputsOf(program, collected.leaves), variables: [] };
      for (const run of ["first", "second", "third"]) {
        const values = prepared.run(bindings).map((v) => v.readSync?.() as TypedArray);
        expectEqualValues(values, expected!, `${run} run`);
      }
    });
  });
});
