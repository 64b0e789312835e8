/** Samples of `softmax`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { softmax } from "./softmax.ts";

export const samples: OpSamples = {
  op: "softmax",
  cases: [
    { name: "the last axis", inputs: [{ shape: [3, 4] }], call: (x) => softmax(x) },
    { name: "the first axis", inputs: [{ shape: [3, 4] }], call: (x) => softmax(x, 0) },
    { name: "channels of images", inputs: [{ shape: [2, 3, 2, 2] }], call: (x) => softmax(x, { axis: 1 }) },
    { name: "planes of images", inputs: [{ shape: [2, 3, 2, 2] }], call: (x) => softmax(x, [2, 3]) },
    {
      name: "logits of 0 and ±10⁴",
      inputs: [{ shape: [2, 3], values: [10000, 0, -10000, 0, 0, -10000] }],
      call: (x) => softmax(x, 1),
      differentiable: [],
      expected: [[1, 0, 0, 0.5, 0.5, 0]],
      gradients: [[0, 0, 0, 0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => softmax(zeros([2, 3], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[softmax] x must be float32 or float64",
        "  x: int32 [2, 3]",
        "  - x is int32",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "an axis that is not there",
      make: () => softmax(zeros([2, 3]), 2),
      error: "ShapeError",
      message: [
        "[softmax] axis 2 is no axis of a tensor of rank 2",
        "  x: [2, 3]",
        "  fix: use an integer from -2 to 1",
      ],
    },
  ],
};
