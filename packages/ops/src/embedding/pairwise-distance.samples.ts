/** Samples of `pairwiseDistance`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { pairwiseDistance } from "./pairwise-distance.ts";

export const samples: OpSamples = {
  op: "pairwiseDistance",
  cases: [
    { name: "rows", inputs: [{ shape: [3, 4] }, { shape: [3, 4] }], call: (a, b) => pairwiseDistance(a, b) },
    {
      name: "eps",
      inputs: [{ shape: [2, 2, 3] }, { shape: [2, 2, 3] }],
      call: (a, b) => pairwiseDistance(a, b, { eps: 0.25 }),
    },
    {
      name: "3, 4, 5 and equal vectors",
      inputs: [
        { shape: [2, 2], values: [3, 5, 1, 1] },
        { shape: [2, 2], values: [0, 1, 1, 1] },
      ],
      call: (a, b) => pairwiseDistance(a, b),
      differentiable: [],
      expected: [[5, 0]],
      gradients: [
        [0.6, 0.8, 0, 0],
        [-0.6, -0.8, 0, 0],
      ],
    },
  ],
  errors: [
    {
      name: "a row for all",
      make: () => pairwiseDistance(zeros([4, 3]), zeros([3])),
      error: "ShapeError",
      message: [
        "[pairwiseDistance] a and b must have one shape",
        "  a: float32 [4, 3]",
        "  b: float32 [3]",
        "  - a has [4, 3], b has [3]",
        "  fix: give b the shape [4, 3]",
      ],
    },
  ],
};
