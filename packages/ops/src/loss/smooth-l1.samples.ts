/** Samples of `smoothL1`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { distinct } from "../sample-values.ts";
import { smoothL1 } from "./smooth-l1.ts";

// Differences are odd multiples of 1/8, away from every kink.
const a = { shape: [2, 3], values: distinct(6) } as const;
const b = { shape: [2, 3], values: [0.25, -1.5, 1, 0.5, -0.25, 2] } as const;

export const samples: OpSamples = {
  op: "smoothL1",
  cases: [
    { name: "mean", inputs: [a, b], call: (p, t) => smoothL1(p, t) },
    { name: "sum", inputs: [a, b], call: (p, t) => smoothL1(p, t, { beta: 0.75, reduction: "sum" }) },
    { name: "none", inputs: [a, b], call: (p, t) => smoothL1(p, t, { beta: 0.75, reduction: "none" }) },
    {
      name: "at 0, the threshold and far beyond",
      inputs: [
        { shape: [5], values: [0, 1, -2, 5, 1e30] },
        { shape: [5], values: [0, 0, 0, 0, 0] },
      ],
      call: (p, t) => smoothL1(p, t, { beta: 2, reduction: "none" }),
      differentiable: [],
      expected: [[0, 0.25, 1, 4, 1e30]],
      gradients: [
        [0, 0.5, -1, 1, 1],
        [0, -0.5, 1, -1, -1],
      ],
    },
    {
      name: "threshold 0",
      inputs: [
        { shape: [3], values: [0, 2, -3] },
        { shape: [3], values: [0, 0, 0] },
      ],
      call: (p, t) => smoothL1(p, t, { beta: 0, reduction: "none" }),
      differentiable: [],
      expected: [[0, 2, 3]],
      gradients: [[0, 1, -1], null],
    },
  ],
  errors: [
    {
      name: "a threshold below 0",
      make: () => smoothL1(zeros([4]), zeros([4]), { beta: -1 }),
      error: "OptionError",
      message: [
        "[smoothL1] beta must be a number of 0 or more",
        "  prediction: float32 [4]",
        "  target: float32 [4]",
        "  - beta is -1",
        "  fix: write beta: 1",
      ],
    },
    {
      name: "integers",
      make: () => smoothL1(zeros([4]), zeros([4], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[smoothL1] prediction and target must have one float dtype",
        "  prediction: float32 [4]",
        "  target: int32 [4]",
        "  - prediction is float32, target is int32",
        '  fix: target.cast("float32")',
      ],
    },
  ],
};
