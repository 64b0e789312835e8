/** Samples of `klDivergence`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { klDivergence } from "./kl-divergence.ts";

const t = { shape: [2, 3], domain: [0.1, 0.9] } as const;

export const samples: OpSamples = {
  op: "klDivergence",
  cases: [
    { name: "of probabilities", inputs: [{ shape: [2, 3] }, t], call: (x, p) => klDivergence(x, p) },
    { name: "mean", inputs: [{ shape: [2, 3] }, t], call: (x, p) => klDivergence(x, p, { reduction: "mean" }) },
    { name: "none", inputs: [{ shape: [2, 3] }, t], call: (x, p) => klDivergence(x, p, { reduction: "none" }) },
    {
      name: "of logarithms",
      inputs: [{ shape: [2, 3] }, { shape: [2, 3] }],
      call: (x, u) => klDivergence(x, u, { logTarget: true, reduction: "sum" }),
    },
    {
      name: "probabilities of 0, also where the other is 0",
      inputs: [
        { shape: [1, 3], values: [Math.log(0.5), -2, Number.NEGATIVE_INFINITY] },
        { shape: [1, 3], values: [1, 0, 0] },
      ],
      call: (x, p) => klDivergence(x, p, { reduction: "none" }),
      differentiable: [],
      expected: [[Math.LN2, 0, 0]],
      gradients: [
        [-1, 0, 0],
        [1 + Math.LN2, 0, 0],
      ],
    },
    {
      name: "logarithms of 0",
      inputs: [
        { shape: [1, 2], values: [Math.log(0.5), Number.NEGATIVE_INFINITY] },
        { shape: [1, 2], values: [0, Number.NEGATIVE_INFINITY] },
      ],
      call: (x, u) => klDivergence(x, u, { logTarget: true, reduction: "none" }),
      differentiable: [],
      expected: [[Math.LN2, 0]],
      gradients: [
        [-1, 0],
        [1 + Math.LN2, 0],
      ],
    },
  ],
  errors: [
    {
      name: "targets without the class axis",
      make: () => klDivergence(zeros([4, 3]), zeros([4]), {}),
      error: "ShapeError",
      message: [
        "[klDivergence] logProbabilities and target must have one shape",
        "  logProbabilities: float32 [4, 3]",
        "  target: float32 [4]",
        "  - logProbabilities has [4, 3], target has [4]",
        "  fix: give target the shape [4, 3]",
      ],
    },
    {
      name: "an unknown reduction",
      make: () => klDivergence(zeros([4]), zeros([4]), { reduction: "batchmean" as never }),
      error: "OptionError",
      message: [
        '[klDivergence] reduction must be "batchMean", "mean", "sum" or "none"',
        "  logProbabilities: float32 [4]",
        "  target: float32 [4]",
        '  - reduction is "batchmean"',
        '  fix: write reduction: "batchMean"',
      ],
    },
    {
      name: "no batch axis",
      make: () => klDivergence(zeros([]), zeros([])),
      error: "ShapeError",
      message: [
        '[klDivergence] reduction "batchMean" needs a batch axis',
        "  logProbabilities: float32 []",
        "  target: float32 []",
        "  - logProbabilities have rank 0",
        '  fix: write reduction: "sum"',
      ],
    },
  ],
};
