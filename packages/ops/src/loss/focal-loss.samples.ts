/** Samples of `focalLoss`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { focalLoss } from "./focal-loss.ts";

const targets = { shape: [2, 3], domain: [0.1, 0.9] } as const;

export const samples: OpSamples = {
  op: "focalLoss",
  cases: [
    { name: "mean", inputs: [{ shape: [2, 3] }, targets], call: (x, t) => focalLoss(x, t) },
    {
      name: "no alpha",
      inputs: [{ shape: [2, 3] }, targets],
      call: (x, t) => focalLoss(x, t, { alpha: null, gamma: 1 }),
    },
    {
      name: "a gamma between integers",
      inputs: [{ shape: [2, 3] }, targets],
      call: (x, t) => focalLoss(x, t, { alpha: 0.75, gamma: 0.5, reduction: "none" }),
    },
    {
      name: "gamma 0",
      inputs: [{ shape: [2, 3] }, targets],
      call: (x, t) => focalLoss(x, t, { gamma: 0, reduction: "sum" }),
    },
    {
      name: "logits of 0 and ±10⁴",
      inputs: [
        { shape: [6], values: [0, 0, 10000, 10000, -10000, -10000] },
        { shape: [6], values: [0, 1, 1, 0, 0, 1] },
      ],
      call: (x, t) => focalLoss(x, t, { alpha: 0.5, reduction: "none" }),
      differentiable: [],
      expected: [[Math.LN2 / 8, Math.LN2 / 8, 0, 5000, 0, 5000]],
      gradients: [[Math.LN2 / 8 + 1 / 16, -Math.LN2 / 8 - 1 / 16, 0, 0.5, 0, -0.5], null],
    },
    {
      name: "gamma ½ where m underflows",
      inputs: [
        { shape: [2], values: [2000, -2000] },
        { shape: [2], values: [1, 0] },
      ],
      call: (x, t) => focalLoss(x, t, { gamma: 0.5, reduction: "none" }),
      differentiable: [],
      expected: [[0, 0]],
      gradients: [[0, 0], null],
    },
  ],
  errors: [
    {
      name: "targets of another shape",
      make: () => focalLoss(zeros([4, 1]), zeros([4])),
      error: "ShapeError",
      message: [
        "[focalLoss] logits and targets must have one shape",
        "  logits: float32 [4, 1]",
        "  targets: float32 [4]",
        "  - logits has [4, 1], targets has [4]",
        "  fix: targets.reshape([4, 1])",
      ],
    },
    {
      name: "options out of range",
      make: () => focalLoss(zeros([4]), zeros([4]), { alpha: 2, gamma: -1 }),
      error: "OptionError",
      message: [
        "[focalLoss] alpha must be a number from 0 to 1",
        "  logits: float32 [4]",
        "  targets: float32 [4]",
        "  - alpha is 2",
        "  - gamma is -1",
        "  fix: write alpha: 0.25",
      ],
    },
  ],
};
