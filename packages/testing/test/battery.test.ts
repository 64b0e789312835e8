import { type Executor, type OpSamples, referenceExecutor, type Tensor } from "@prewitt/core";
import { type AnyOp, type BatteryCase, battery } from "@prewitt/testing";
import { describe, expect, test } from "vitest";
import { cubeOp, cubeSamples, cubeWith } from "./own-op.ts";

/** Names of the cases that fail. */
function failuresOf(cases: readonly BatteryCase[]): string[] {
  return cases.flatMap(({ name, run }) => {
    try {
      run();
      return [];
    } catch {
      return [name];
    }
  });
}

/** The samples of `cube` for another op. */
function samplesFor(op: AnyOp): OpSamples {
  const call = (x: Tensor): Tensor => op.apply([x], {});
  return { ...cubeSamples, op: op.name, cases: cubeSamples.cases.map((c) => ({ ...c, call: call as typeof c.call })) };
}

describe("an op of one's own passes", () => {
  test.each(battery([cubeOp], [cubeSamples]))("$name", ({ run }) => run());
});

describe("the battery is red", () => {
  test("for an op without samples", () => {
    const cases = battery([cubeOp], []);
    expect(failuresOf(cases)).toEqual(["cube: has samples"]);
    expect(() => cases[0]?.run()).toThrow("[cube] has no samples\n  fix: write cube.samples.ts beside the op");
  });

  test("for samples that never build the op", () => {
    expect(failuresOf(battery([cubeWith(() => [null])], [cubeSamples]))).toEqual(["cube: is reached by its samples"]);
  });

  test("for a wrong rule", () => {
    const op = cubeWith(({ inputs: [x], dy }) => [dy.mul(x!.square()).mul(-3)]);
    const failed = failuresOf(battery([op], [samplesFor(op)]));
    expect(failed).toContain("cube: smooth: derivatives");
    expect(failed).toContain("cube: known, float64: known gradients");
    expect(failed).not.toContain("cube: known, float64: values");
  });

  test("for a rule whose own derivative is wrong", () => {
    const op = cubeWith(({ inputs: [x], dy }) => [dy.mul(x!.square().stopGradient()).mul(3)]);
    expect(failuresOf(battery([op], [samplesFor(op)]))).toEqual([
      "cube: smooth: derivatives",
      "cube: known: derivatives",
    ]);
  });

  test("for a wrong known value", () => {
    const wrong = {
      ...cubeSamples,
      cases: cubeSamples.cases.map((c) => (c.expected ? { ...c, expected: [[-8, 0, 27.0001]] } : c)),
    };
    expect(failuresOf(battery([cubeOp], [wrong]))).toEqual([
      "cube: known, float32: values",
      "cube: known, float64: values",
    ]);
  });

  test("for a message that differs in one word, and for no message", () => {
    const [error] = cubeSamples.errors!;
    const reworded = {
      ...cubeSamples,
      errors: [{ ...error!, message: ["[cube] x must be a number", "  x: int32 [1]"] }],
    };
    expect(failuresOf(battery([cubeOp], [reworded]))).toEqual(["cube: error, integers"]);
    expect(failuresOf(battery([cubeOp], [{ ...cubeSamples, errors: [{ ...error!, message: [] }] }]))).toHaveLength(1);
  });

  test("for an executor that is off by more than rounding", () => {
    const failed = failuresOf(battery([cubeOp], [cubeSamples], { executors: [sloppy(1e-5)] }));
    expect(failed).toContain("cube: smooth, float32: sloppy is the reference");
    expect(failuresOf(battery([cubeOp], [cubeSamples], { executors: [sloppy(1e-16)] }))).toEqual([]);
  });
});

/** The reference, with every float result off by a relative error. */
function sloppy(error: number): Executor {
  const inner = referenceExecutor();
  return {
    name: "sloppy",
    traits: inner.traits,
    createStorage: (dtype, length) => inner.createStorage(dtype, length),
    prepare: (program) => {
      const prepared = inner.prepare(program);
      return {
        program,
        run: (bindings) => {
          const values = prepared.run(bindings);
          for (const v of values) {
            const data = v.readSync?.();
            if (!(data instanceof Float32Array || data instanceof Float64Array)) continue;
            for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) * (1 + error);
          }
          return values;
        },
      };
    },
  };
}
