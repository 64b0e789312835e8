/** Samples of `tripletLoss`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { tripletLoss } from "./triplet-loss.ts";

const e = { shape: [3, 4] } as const;

export const samples: OpSamples = {
  op: "tripletLoss",
  cases: [
    { name: "mean", inputs: [e, e, e], call: (a, p, n) => tripletLoss(a, p, n, { margin: 10 }) },
    {
      name: "swap",
      inputs: [e, e, e],
      call: (a, p, n) => tripletLoss(a, p, n, { margin: 10, swap: true, reduction: "none" }),
    },
    {
      name: "satisfied, violated, and equal rows",
      inputs: [
        { shape: [3, 2], values: [0, 0, 0, 0, 1, 1] },
        { shape: [3, 2], values: [0, 1, 3, 4, 1, 1] },
        { shape: [3, 2], values: [6, 8, 0, 1, 1, 1] },
      ],
      call: (a, p, n) => tripletLoss(a, p, n, { eps: 0, reduction: "none" }),
      differentiable: [],
      expected: [[0, 5, 1]],
      gradients: [
        [0, 0, -0.6, 0.2, 0, 0],
        [0, 0, 0.6, 0.8, 0, 0],
        [0, 0, 0, -1, 0, 0],
      ],
    },
  ],
  errors: [
    {
      name: "a negative without its axis",
      make: () => tripletLoss(zeros([4, 3]), zeros([4, 3]), zeros([4])),
      error: "ShapeError",
      message: [
        "[tripletLoss] anchor and negative must have one shape",
        "  anchor: float32 [4, 3]",
        "  positive: float32 [4, 3]",
        "  negative: float32 [4]",
        "  - anchor has [4, 3], negative has [4]",
        "  fix: give negative the shape [4, 3]",
      ],
    },
    {
      name: "scalars",
      make: () => tripletLoss(zeros([]), zeros([]), zeros([])),
      error: "ShapeError",
      message: [
        "[tripletLoss] axis -1 is no axis of a tensor of rank 0",
        "  anchor: float32 []",
        "  positive: float32 []",
        "  negative: float32 []",
        "  - the shape is []",
        "  fix: a scalar has no axes",
      ],
    },
    {
      name: "a margin below 0",
      make: () => tripletLoss(zeros([4, 3]), zeros([4, 3]), zeros([4, 3]), { margin: -1 }),
      error: "OptionError",
      message: [
        "[tripletLoss] margin must be a number of 0 or more",
        "  anchor: float32 [4, 3]",
        "  positive: float32 [4, 3]",
        "  negative: float32 [4, 3]",
        "  - margin is -1",
        "  fix: write margin: 1",
      ],
    },
  ],
};
