import { grad, type Tensor, tensor } from "@prewitt/core";
import { BatchNorm2d, init } from "@prewitt/nn";
import { describe, expect, test } from "vitest";
import { goldenCases } from "../../../test/goldens/load.ts";
import { asTensor, asTensors, expectClose, type FloatDType } from "./goldens.ts";

// The layer takes images; the cases of other ranks belong to the op.
const cases = goldenCases("batch-norm", "batchNorm").filter(
  (c) => c.inputs.x?.shape.length === 4 && c.outputs.mean === undefined,
);

describe.each(cases)("$name", ({ inputs, options, outputs, cotangents, gradients }) => {
  test.each([["float64", 1e-10] as const, ["float32", 1e-5] as const])("%s", (dtype: FloatDType, tolerance) => {
    const x = asTensor(inputs.x, dtype);
    const { eps, momentum } = options;
    const layer = init(new BatchNorm2d({ eps, momentum, affine: inputs.weight !== undefined }), x.shape.slice(1), {
      dtype,
    });
    const given = asTensors(inputs, dtype);
    layer.loadStateDict({
      ...(given.weight && { weight: given.weight, bias: given.bias as Tensor }),
      running_mean: given.runningMean as Tensor,
      running_var: given.runningVar as Tensor,
      num_batches_tracked: given.numBatchesTracked as Tensor,
    });
    layer.train(options.training);
    const y = layer.forward(x);
    expectClose(y, outputs.y, tolerance, "y");
    const parameters = layer.parameters();
    const dy = asTensor(cotangents.y, dtype);
    const found = grad(y.mul(dy).sum(), { x, ...parameters });
    for (const [name, g] of Object.entries(gradients)) {
      expectClose((found as Record<string, Tensor>)[name] as Tensor, g, tolerance, `gradient of ${name}`);
    }
    const state = layer.stateDict();
    expectClose(state.running_mean as Tensor, outputs.runningMean ?? inputs.runningMean, tolerance, "running_mean");
    expectClose(state.running_var as Tensor, outputs.runningVar ?? inputs.runningVar, tolerance, "running_var");
    expect(state.num_batches_tracked?.itemSync()).toBe(
      Number(inputs.numBatchesTracked?.data[0]) + (options.training ? 1 : 0),
    );
  });
});

test("called twice in one step, it counts both batches, in order", () => {
  const a = tensor(
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        [
          [0, 2],
          [1, 1],
        ],
      ],
    ],
    { dtype: "float64" },
  );
  const b = tensor(
    [
      [
        [
          [5, 7],
          [9, 4],
        ],
      ],
      [
        [
          [8, 2],
          [6, 6],
        ],
      ],
    ],
    { dtype: "float64" },
  );
  const once = init(new BatchNorm2d(), [1, 2, 2], { dtype: "float64" });
  once.forward(a);
  const between = once.stateDict();
  once.forward(b);
  const twice = init(new BatchNorm2d(), [1, 2, 2], { dtype: "float64" });
  const [ya, yb] = [twice.forward(a), twice.forward(b)];
  const state = twice.stateDict();
  expect(state.num_batches_tracked?.itemSync()).toBe(2);
  expect(state.running_mean?.dataSync()).toEqual(once.stateDict().running_mean?.dataSync());
  expect(state.running_var?.dataSync()).toEqual(once.stateDict().running_var?.dataSync());
  const meanA = 14 / 8;
  const meanB = 47 / 8;
  expect(between.running_mean?.itemSync()).toBeCloseTo(0.1 * meanA, 12);
  expect(state.running_mean?.itemSync()).toBeCloseTo(0.9 * 0.1 * meanA + 0.1 * meanB, 12);
  // Both outputs are normalised by their own batch.
  expect(ya.mean().itemSync()).toBeCloseTo(0, 12);
  expect(yb.mean().itemSync()).toBeCloseTo(0, 12);
});

test("without running statistics the batch normalises in evaluation mode too", () => {
  const layer = init(new BatchNorm2d({ trackRunningStats: false }), [1, 2, 2]);
  expect(Object.keys(layer.buffers())).toEqual([]);
  layer.eval();
  const y = layer.forward(
    tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]),
  );
  expect(y.mean().itemSync()).toBeCloseTo(0, 6);
});
