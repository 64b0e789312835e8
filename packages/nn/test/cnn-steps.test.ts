import { compile, grad, type Tensor } from "@prewitt/core";
import { Adam, BatchNorm2d, Conv2d, init, Linear, Module } from "@prewitt/nn";
import { crossEntropy, flatten, maxPool2d, relu } from "@prewitt/ops";
import { describe, expect, test } from "vitest";
import { type GoldenRun, goldenRuns } from "../../../test/goldens/load.ts";
import { asTensor, asTensors, expectClose, type FloatDType } from "./goldens.ts";

class Net extends Module {
  conv1 = new Conv2d({ out: 3, kernel: 3, padding: 1 });
  conv2 = new Conv2d({ out: 4, kernel: 3, padding: 1, bias: false });
  bn = new BatchNorm2d();
  fc = new Linear({ out: 3 });

  forward(x: Tensor): Tensor {
    const a = maxPool2d(relu(this.conv1.forward(x)), 2);
    const b = maxPool2d(relu(this.bn.forward(this.conv2.forward(a))), 2);
    return this.fc.forward(flatten(b));
  }
}

const [run] = goldenRuns("cnn-steps") as [GoldenRun];

describe.each([["float64", 1e-10] as const, ["float32", 1e-5] as const])(
  "three Adam steps in %s",
  (dtype: FloatDType, tolerance) => {
    test.each(["outside compile", "inside compile"])("%s", (mode) => {
      const model = init(new Net(), [1, 8, 8], { dtype });
      model.loadStateDict({ ...asTensors(run.initial.parameters, dtype), ...asTensors(run.initial.buffers, dtype) });
      const optimizer = new Adam(model.parameters(), run.options);
      const train = (
        x: Tensor,
        target: Tensor,
      ): Record<"loss" | "logits" | "gradients", Tensor | Record<string, Tensor>> => {
        const logits = model.forward(x);
        const loss = crossEntropy(logits, target);
        const gradients = grad(loss, model.parameters());
        optimizer.step(gradients);
        return { loss, logits, gradients };
      };
      const compiled = compile(train);
      const step = mode === "inside compile" ? compiled : train;
      for (const [i, s] of run.steps.entries()) {
        const result = step(asTensor(s.inputs.x, dtype), asTensor(s.inputs.target));
        expect(Math.abs((result.loss as Tensor).itemSync() - s.loss), `loss of step ${i + 1}`).toBeLessThanOrEqual(
          tolerance,
        );
        expectClose(result.logits as Tensor, s.outputs.logits, tolerance, "logits");
        for (const [path, g] of Object.entries(s.gradients)) {
          expectClose(
            (result.gradients as Record<string, Tensor>)[path] as Tensor,
            g,
            tolerance,
            `gradient of ${path}`,
          );
        }
        const state = model.stateDict();
        for (const [path, p] of Object.entries({ ...s.parameters, ...s.buffers })) {
          expectClose(state[path] as Tensor, p, tolerance, `${path} after step ${i + 1}`);
        }
      }
      expect(compiled.traces).toBe(mode === "inside compile" ? 1 : 0);
      model.eval();
      const { evaluation } = run;
      expectClose(
        model.forward(asTensor(evaluation?.inputs.x, dtype)),
        evaluation?.outputs.logits,
        tolerance,
        "evaluation",
      );
    });
  },
);
