/** Samples of `localResponseNorm`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { type LocalResponseNormOptions, localResponseNorm } from "./local-response-norm.ts";

export const samples: OpSamples = {
  op: "localResponseNorm",
  cases: [
    {
      name: "three channels: x / (1 + mean of 3 squares)",
      inputs: [{ shape: [1, 3], values: [3, 0, 6] }],
      call: (x) => localResponseNorm(x, { size: 3, alpha: 1, beta: 1 }),
      expected: [[3 / 4, 0, 6 / 13]],
    },
    {
      name: "an even window reaches one channel further down",
      inputs: [{ shape: [1, 3], values: [2, 0, 0] }],
      call: (x) => localResponseNorm(x.add(1), { size: 2, alpha: 2, beta: 1, k: 0 }),
      expected: [[3 / 9, 1 / 10, 1 / 2]],
    },
    {
      name: "images",
      inputs: [{ shape: [2, 6, 2, 3] }],
      call: (x) => localResponseNorm(x, { size: 5, alpha: 0.5, k: 2 }),
    },
    {
      name: "more neighbours than channels",
      inputs: [{ shape: [1, 2, 3] }],
      call: (x) => localResponseNorm(x, { size: 5, alpha: 1 }),
    },
  ],
  errors: [
    {
      name: "no size",
      make: () => localResponseNorm(zeros([2, 6]), { beta: Number.NaN } as LocalResponseNormOptions),
      error: "OptionError",
      message: [
        "[localResponseNorm] size must be a positive integer",
        "  x: float32 [N=2, C=6]",
        "  - size is undefined",
        "  - beta is NaN",
        "  fix: write size: 5",
      ],
    },
    {
      name: "a vector",
      make: () => localResponseNorm(zeros([6]), { size: 5 }),
      error: "ShapeError",
      message: [
        "[localResponseNorm] x must have the axes [N, C, …]",
        "  x: float32 [6]",
        "  - x has rank 1",
        "  fix: x.unsqueeze(0) for a batch of one",
      ],
    },
  ],
};
