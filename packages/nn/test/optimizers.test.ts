import { compile, type Tensor, tensor, Variable } from "@prewitt/core";
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from "@prewitt/nn";
import { describe, expect, test } from "vitest";
import { type GoldenRun, goldenRuns } from "../../../test/goldens/load.ts";
import { asTensor, asTensors, expectClose, type FloatDType } from "./goldens.ts";

function make(run: GoldenRun, dtype: FloatDType): { parameters: Record<string, Variable>; optimizer: Optimizer } {
  const parameters = Object.fromEntries(
    Object.entries(run.initial.parameters).map(([path, value]) => [path, new Variable(asTensor(value, dtype))]),
  );
  const Optimizer = { sgd: SGD, adam: Adam, adamW: AdamW, rmsprop: RMSprop }[run.optimizer];
  return { parameters, optimizer: new Optimizer(parameters, run.options) };
}

describe.each(goldenRuns("optimizers"))("$name", (run) => {
  describe.each([["float64", 1e-10] as const, ["float32", 1e-5] as const])("%s", (dtype, tolerance) => {
    test("outside compile", () => {
      const { parameters, optimizer } = make(run, dtype);
      for (const [i, step] of run.steps.entries()) {
        optimizer.learningRate.assign(step.learningRate);
        optimizer.step(asTensors(step.gradients, dtype));
        for (const [path, value] of Object.entries(step.parameters)) {
          expectClose((parameters[path] as Variable).read(), value, tolerance, `${path} after step ${i + 1}`);
        }
      }
      const state = optimizer.stateDict();
      for (const [slot, values] of Object.entries(run.state)) {
        for (const [path, value] of Object.entries(values)) {
          expectClose(state[`${slot}/${path}`] as Tensor, value, tolerance, `${slot} of ${path}`);
        }
      }
      expect(state.steps?.itemSync()).toBe(run.steps.length);
    });

    test("inside compile, traced once", () => {
      const { parameters, optimizer } = make(run, dtype);
      const step = compile((gradients: Record<string, Tensor>) => optimizer.step(gradients));
      for (const s of run.steps) {
        optimizer.learningRate.assign(s.learningRate);
        step(asTensors(s.gradients, dtype));
      }
      expect(step.traces).toBe(1);
      for (const [path, value] of Object.entries(run.steps.at(-1)?.parameters ?? {})) {
        expectClose((parameters[path] as Variable).read(), value, tolerance, path);
      }
    });
  });
});

test("a run continues from its state dict with the same bits", () => {
  const run = goldenRuns("optimizers").find((r) => r.name === "adam, amsgrad") as GoldenRun;
  const straight = make(run, "float32");
  for (const s of run.steps) straight.optimizer.step(asTensors(s.gradients, "float32"));
  const first = make(run, "float32");
  for (const s of run.steps.slice(0, 5)) first.optimizer.step(asTensors(s.gradients, "float32"));
  const second = make(run, "float32");
  for (const [path, v] of Object.entries(second.parameters)) v.assign((first.parameters[path] as Variable).read());
  second.optimizer.loadStateDict(first.optimizer.stateDict());
  for (const s of run.steps.slice(5)) second.optimizer.step(asTensors(s.gradients, "float32"));
  for (const [path, v] of Object.entries(straight.parameters)) {
    expect((second.parameters[path] as Variable).read().dataSync()).toEqual(v.read().dataSync());
  }
});

test("uncompiled steps keep no history", () => {
  const p = new Variable(tensor([1, 2, 3]));
  const optimizer = new Adam({ p });
  const read = (): Tensor => p.read();
  let old: Tensor | undefined;
  for (let i = 0; i < 50; i++) {
    if (i === 10) old = read();
    optimizer.step({ p: tensor([0.1, -0.2, 0.3]) });
  }
  // A version settled long ago has forgotten how it was computed.
  expect((old as Tensor).node.inputs).toEqual([]);
  expect(read().dataSync()[0]).toBeCloseTo(1 - 50 * 1e-3, 4);
});
