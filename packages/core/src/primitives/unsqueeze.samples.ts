/** Samples of `unsqueeze`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { unsqueeze } from "./unsqueeze.ts";

export const samples: OpSamples = {
  op: "unsqueeze",
  cases: [
    {
      name: "in front",
      inputs: [{ shape: [2, 3] }],
      call: (x) => unsqueeze(x, 0),
    },
    {
      name: "behind",
      inputs: [{ shape: [3], values: [1, 2, 3] }],
      call: (x) => unsqueeze(x, -1),
      expected: [[1, 2, 3]],
    },
  ],
  errors: [
    {
      name: "no such place",
      make: () => unsqueeze(zeros([2, 3]), 4),
      error: "ShapeError",
      message: [
        "[unsqueeze] axis 4 is no place among 2 axes",
        "  x: float32 [2, 3]",
        "  fix: use an integer from -3 to 2",
      ],
    },
  ],
};
