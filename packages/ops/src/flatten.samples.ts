/** Samples of `flatten`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { flatten } from "./flatten.ts";

export const samples: OpSamples = {
  op: "flatten",
  cases: [
    { name: "images", inputs: [{ shape: [2, 3, 2, 2] }], call: (x) => flatten(x) },
    { name: "axes in the middle", inputs: [{ shape: [2, 3, 2, 2] }], call: (x) => flatten(x, { start: 1, end: 2 }) },
    {
      name: "of a transposed tensor",
      inputs: [{ shape: [2, 3, 2] }],
      call: (x) => flatten(x.transpose(), { start: 0 }),
    },
  ],
  errors: [
    {
      name: "an end before the start",
      make: () => flatten(zeros([2, 3, 4, 5]), { start: 3, end: 1 }),
      error: "ShapeError",
      message: [
        "[flatten] end lies before start",
        "  x: float32 [N=2, C=3, H=4, W=5]",
        "  - start is axis 3, end is axis 1",
        "  fix: write { start: 1, end: 3 }",
      ],
    },
    {
      name: "a vector",
      make: () => flatten(zeros([6])),
      error: "ShapeError",
      message: ["[flatten] axis 1 is no axis of a tensor of rank 1", "  x: [6]", "  fix: use an integer from -1 to 0"],
    },
  ],
};
