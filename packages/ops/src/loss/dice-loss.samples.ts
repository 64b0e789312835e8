/** Samples of `diceLoss`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { diceLoss } from "./dice-loss.ts";

const p = { shape: [2, 2, 3, 2], domain: [0.05, 0.95] } as const;

export const samples: OpSamples = {
  op: "diceLoss",
  cases: [
    { name: "mean", inputs: [p, p], call: (a, b) => diceLoss(a, b) },
    { name: "none", inputs: [p, p], call: (a, b) => diceLoss(a, b, { reduction: "none", smooth: 0 }) },
    { name: "over the batch", inputs: [p, p], call: (a, b) => diceLoss(a, b, { batch: true, reduction: "sum" }) },
    {
      name: "full, half and no overlap",
      inputs: [
        { shape: [1, 3, 2], values: [1, 1, 1, 0, 1, 0] },
        { shape: [1, 3, 2], values: [1, 1, 1, 1, 0, 1] },
      ],
      call: (a, b) => diceLoss(a, b, { smooth: 0, reduction: "none" }),
      expected: [[0, 1 / 3, 1]],
    },
    {
      name: "a class that is absent",
      inputs: [
        { shape: [1, 1, 2], values: [0, 0] },
        { shape: [1, 1, 2], values: [0, 0] },
      ],
      call: (a, b) => diceLoss(a, b),
      expected: [[0]],
      gradients: [[1, 1], null],
    },
  ],
  errors: [
    {
      name: "no positions",
      make: () => diceLoss(zeros([4, 8]), zeros([4, 8])),
      error: "ShapeError",
      message: [
        "[diceLoss] probabilities must have the axes [N, C, …] with positions behind them",
        "  probabilities: float32 [N=4, C=8]",
        "  targets: float32 [N=4, C=8]",
        "  - probabilities have rank 2",
        "  fix: give probabilities the axes [N, C, H, W]; C = 1 for one mask",
      ],
    },
    {
      name: "targets of another rank",
      make: () => diceLoss(zeros([4, 1, 8]), zeros([4, 8]), {}),
      error: "ShapeError",
      message: [
        "[diceLoss] probabilities and targets must have one shape",
        "  probabilities: float32 [N=4, C=1, L=8]",
        "  targets: float32 [4, 8]",
        "  - probabilities has [4, 1, 8], targets has [4, 8]",
        "  fix: targets.reshape([4, 1, 8])",
      ],
    },
    {
      name: "options out of range",
      make: () => diceLoss(zeros([4, 1, 8]), zeros([4, 1, 8]), { smooth: -1, batch: 1 as never }),
      error: "OptionError",
      message: [
        "[diceLoss] smooth must be a number of 0 or more",
        "  probabilities: float32 [4, 1, 8]",
        "  targets: float32 [4, 1, 8]",
        "  - smooth is -1",
        "  - batch is 1",
        "  fix: write smooth: 1",
      ],
    },
  ],
};
