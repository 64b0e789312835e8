/** Samples of `logSumExp`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { logSumExp } from "./log-sum-exp.ts";

const none = Number.NEGATIVE_INFINITY;

export const samples: OpSamples = {
  op: "logSumExp",
  cases: [
    { name: "all axes", inputs: [{ shape: [2, 3] }], call: (x) => logSumExp(x) },
    { name: "the last axis", inputs: [{ shape: [3, 4] }], call: (x) => logSumExp(x, -1) },
    {
      name: "two axes, kept",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => logSumExp(x, { axis: [0, 2], keepDims: true }),
    },
    {
      name: "large logits, and −∞ among them",
      inputs: [{ shape: [3, 2], values: [10000, 10000, none, 3, none, none] }],
      call: (x) => logSumExp(x, 1),
      differentiable: [],
      expected: [[10000.69314718056, 3, none]],
      gradients: [[0.5, 0.5, 0, 1, 0, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => logSumExp(zeros([2], { dtype: "uint8" })),
      error: "DTypeError",
      message: [
        "[logSumExp] x must be float32 or float64",
        "  x: uint8 [2]",
        "  - x is uint8",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "an unknown option",
      make: () => logSumExp(zeros([2]), { keepdims: true } as object),
      error: "OptionError",
      message: [
        '[logSumExp] unknown option "keepdims"',
        "  - known options: axis, keepDims",
        '  fix: write "keepDims"',
      ],
    },
  ],
};
