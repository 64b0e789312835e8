/** Samples of `groupNorm`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { type GroupNormOptions, groupNorm } from "./group-norm.ts";

export const samples: OpSamples = {
  op: "groupNorm",
  cases: [
    { name: "two groups", inputs: [{ shape: [2, 4, 2, 2] }], call: (x) => groupNorm(x, { groups: 2 }) },
    {
      name: "a group a channel, with weight and bias",
      inputs: [{ shape: [2, 3, 3] }, { shape: [3], domain: [0.5, 2] }, { shape: [3] }],
      call: (x, weight, bias) => groupNorm(x, { groups: 3, weight, bias, eps: 0.01 }),
    },
  ],
  errors: [
    {
      name: "groups that do not divide the channels",
      make: () => groupNorm(zeros([2, 6, 4, 4]), { groups: 4 }),
      error: "ShapeError",
      message: [
        "[groupNorm] groups = 4 does not divide 6 channels evenly",
        "  x: float32 [N=2, C=6, H=4, W=4]",
        "  - C = 6 is not a positive multiple of groups = 4",
        "  fix: use C = 8, or groups: 1",
      ],
    },
    {
      name: "no groups",
      make: () => groupNorm(zeros([2, 6]), {} as GroupNormOptions),
      error: "OptionError",
      message: [
        "[groupNorm] groups must be a positive integer",
        "  x: float32 [N=2, C=6]",
        "  - groups is undefined",
        "  fix: write groups: 1",
      ],
    },
  ],
};
