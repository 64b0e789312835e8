/** Samples of `centredSums`. */

import type { OpSamples } from "@prewitt/core";
import { centredSums } from "./centred-sums.ts";

export const samples: OpSamples = {
  op: "centredSums",
  cases: [
    {
      name: "over all axes but channels",
      inputs: [{ shape: [3, 2, 2, 2] }, { shape: [3, 2, 2, 2] }, { shape: [1, 2, 1, 1] }],
      call: (g, x, mean) => centredSums(g, x, mean, [0, 2, 3]),
    },
    {
      name: "known values",
      inputs: [
        { shape: [1, 3], values: [1, 2, 3] },
        { shape: [1, 3], values: [4, 6, 8] },
        { shape: [1, 1], values: [5] },
      ],
      call: (g, x, mean) => centredSums(g, x, mean, [1]),
      expected: [[6], [10]],
    },
  ],
};
