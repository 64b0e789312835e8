/** Samples of `huber`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { distinct } from "../sample-values.ts";
import { huber } from "./huber.ts";

// Differences are odd multiples of 1/8, away from every kink.
const a = { shape: [2, 3], values: distinct(6) } as const;
const b = { shape: [2, 3], values: [0.25, -1.5, 1, 0.5, -0.25, 2] } as const;

export const samples: OpSamples = {
  op: "huber",
  cases: [
    { name: "mean", inputs: [a, b], call: (p, t) => huber(p, t) },
    { name: "sum", inputs: [a, b], call: (p, t) => huber(p, t, { delta: 0.75, reduction: "sum" }) },
    { name: "none", inputs: [a, b], call: (p, t) => huber(p, t, { delta: 0.75, reduction: "none" }) },
    {
      name: "at 0, the threshold and far beyond",
      inputs: [
        { shape: [5], values: [0, 1, -2, 5, 1e30] },
        { shape: [5], values: [0, 0, 0, 0, 0] },
      ],
      call: (p, t) => huber(p, t, { delta: 2, reduction: "none" }),
      differentiable: [],
      expected: [[0, 0.5, 2, 8, 2e30]],
      gradients: [
        [0, 1, -2, 2, 2],
        [0, -1, 2, -2, -2],
      ],
    },
  ],
  errors: [
    {
      name: "a threshold of 0",
      make: () => huber(zeros([4]), zeros([4]), { delta: 0 }),
      error: "OptionError",
      message: [
        "[huber] delta must be a number above 0",
        "  prediction: float32 [4]",
        "  target: float32 [4]",
        "  - delta is 0",
        "  fix: write delta: 1",
      ],
    },
    {
      name: "targets of another rank",
      make: () => huber(zeros([4]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[huber] prediction and target must have one shape",
        "  prediction: float32 [4]",
        "  target: float32 [2, 4]",
        "  - prediction has [4], target has [2, 4]",
        "  fix: give target the shape [4]",
      ],
    },
  ],
};
