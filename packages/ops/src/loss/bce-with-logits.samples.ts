/** Samples of `bceWithLogits`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { bceWithLogits } from "./bce-with-logits.ts";

const targets = { shape: [2, 3], domain: [0.1, 0.9] } as const;

export const samples: OpSamples = {
  op: "bceWithLogits",
  cases: [
    { name: "mean", inputs: [{ shape: [2, 3] }, targets], call: (x, t) => bceWithLogits(x, t) },
    {
      name: "weights and weights of the positive class",
      inputs: [{ shape: [2, 3] }, targets, { shape: [2, 1], domain: [0.5, 2] }, { shape: [1, 3], domain: [0.5, 3] }],
      call: (x, t, weight, posWeight) => bceWithLogits(x, t, { weight, posWeight, reduction: "sum" }),
    },
    {
      name: "a weight of the positive class for all",
      inputs: [{ shape: [2, 3] }, targets, { shape: [], domain: [0.5, 3] }],
      call: (x, t, posWeight) => bceWithLogits(x, t, { posWeight, reduction: "none" }),
    },
    {
      name: "logits of 0, ±30 and ±10⁴",
      inputs: [
        { shape: [7], values: [0, 0, 30, -30, 30, 10000, -10000] },
        { shape: [7], values: [0, 1, 1, 0, 0, 0, 1] },
      ],
      call: (x, t) => bceWithLogits(x, t, { reduction: "none" }),
      differentiable: [],
      expected: [[Math.LN2, Math.LN2, 9.357622968839737e-14, 9.357622968839737e-14, 30.000000000000092, 10000, 10000]],
      gradients: [[0.5, -0.5, -9.357622968839299e-14, 9.357622968839299e-14, 1, 1, -1], null],
    },
  ],
  errors: [
    {
      name: "targets of another shape",
      make: () => bceWithLogits(zeros([4, 1]), zeros([4])),
      error: "ShapeError",
      message: [
        "[bceWithLogits] logits and targets must have one shape",
        "  logits: float32 [4, 1]",
        "  targets: float32 [4]",
        "  - logits has [4, 1], targets has [4]",
        "  fix: targets.reshape([4, 1])",
      ],
    },
    {
      name: "targets of another dtype",
      make: () => bceWithLogits(zeros([4]), zeros([4], { dtype: "uint8" })),
      error: "DTypeError",
      message: [
        "[bceWithLogits] logits and targets must have one float dtype",
        "  logits: float32 [4]",
        "  targets: uint8 [4]",
        "  - logits is float32, targets is uint8",
        '  fix: targets.cast("float32")',
      ],
    },
    {
      name: "a weight of the positive class without its axis",
      make: () => bceWithLogits(zeros([8, 5]), zeros([8, 5]), { posWeight: zeros([5]) }),
      error: "ShapeError",
      message: [
        "[bceWithLogits] posWeight does not stretch to the logits",
        "  logits: float32 [8, 5]",
        "  targets: float32 [8, 5]",
        "  posWeight: float32 [5]",
        "  - posWeight has [5], logits have [8, 5]",
        "  fix: posWeight.reshape([1, 5])",
      ],
    },
  ],
};
