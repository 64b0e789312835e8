/** Samples of `l1Loss`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { distinct } from "../sample-values.ts";
import { l1Loss } from "./l1-loss.ts";

// Differences are odd multiples of 1/8, away from every kink.
const a = { shape: [2, 3], values: distinct(6) } as const;
const b = { shape: [2, 3], values: [0.25, -1.5, 1, 0.5, -0.25, 2] } as const;

export const samples: OpSamples = {
  op: "l1Loss",
  cases: [
    { name: "mean", inputs: [a, b], call: (p, t) => l1Loss(p, t) },
    { name: "sum", inputs: [a, b], call: (p, t) => l1Loss(p, t, { reduction: "sum" }) },
    { name: "none", inputs: [a, b], call: (p, t) => l1Loss(p, t, { reduction: "none" }) },
    {
      name: "known values, equal ones among them",
      inputs: [
        { shape: [3], values: [3, 5, -1] },
        { shape: [3], values: [1, 5, 2] },
      ],
      call: (p, t) => l1Loss(p, t, { reduction: "sum" }),
      differentiable: [],
      expected: [[5]],
      gradients: [
        [1, 0, -1],
        [-1, 0, 1],
      ],
    },
  ],
  errors: [
    {
      name: "a column against a row",
      make: () => l1Loss(zeros([4, 1]), zeros([4])),
      error: "ShapeError",
      message: [
        "[l1Loss] prediction and target must have one shape",
        "  prediction: float32 [4, 1]",
        "  target: float32 [4]",
        "  - prediction has [4, 1], target has [4]",
        "  fix: target.reshape([4, 1])",
      ],
    },
  ],
};
