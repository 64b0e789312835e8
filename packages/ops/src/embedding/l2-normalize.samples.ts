/** Samples of `l2Normalize`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { l2Normalize } from "./l2-normalize.ts";

export const samples: OpSamples = {
  op: "l2Normalize",
  cases: [
    { name: "rows", inputs: [{ shape: [3, 4] }], call: (x) => l2Normalize(x) },
    { name: "the last axis", inputs: [{ shape: [2, 1, 3] }], call: (x) => l2Normalize(x, { axis: -1 }) },
    {
      name: "a vector along an axis and the zero vector",
      inputs: [{ shape: [2, 2], values: [5, 0, 0, 0] }],
      call: (x) => l2Normalize(x, { eps: 0.5 }),
      differentiable: [],
      expected: [[1, 0, 0, 0]],
      gradients: [[0, 0.2, 2, 2]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => l2Normalize(zeros([4, 3], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[l2Normalize] x must be float32 or float64",
        "  x: int32 [4, 3]",
        "  - x is int32",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "an axis that is none",
      make: () => l2Normalize(zeros([4])),
      error: "ShapeError",
      message: [
        "[l2Normalize] axis 1 is no axis of a tensor of rank 1",
        "  x: [4]",
        "  fix: use an integer from -1 to 0",
      ],
    },
    {
      name: "no shortest length",
      make: () => l2Normalize(zeros([4, 1]), { eps: 0 }),
      error: "OptionError",
      message: [
        "[l2Normalize] eps must be a number of 1e-18 or more",
        "  x: float32 [4, 1]",
        "  - eps is 0",
        "  fix: write eps: 1e-12",
      ],
    },
  ],
};
