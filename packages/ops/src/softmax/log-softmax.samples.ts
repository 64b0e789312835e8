/** Samples of `logSoftmax`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { logSoftmax } from "./log-softmax.ts";

export const samples: OpSamples = {
  op: "logSoftmax",
  cases: [
    { name: "the last axis", inputs: [{ shape: [3, 4] }], call: (x) => logSoftmax(x) },
    { name: "the first axis", inputs: [{ shape: [3, 4] }], call: (x) => logSoftmax(x, 0) },
    { name: "channels of images", inputs: [{ shape: [2, 3, 2, 2] }], call: (x) => logSoftmax(x, { axis: 1 }) },
    { name: "planes of images", inputs: [{ shape: [2, 3, 2, 2] }], call: (x) => logSoftmax(x, [2, 3]) },
    {
      name: "logits of 0 and ±10⁴",
      inputs: [{ shape: [2, 3], values: [10000, 0, -10000, 0, 0, -10000] }],
      call: (x) => logSoftmax(x, 1),
      differentiable: [],
      expected: [[0, -10000, -20000, -Math.LN2, -Math.LN2, -10000.69314718056]],
      gradients: [[-2, 1, 1, -0.5, -0.5, 1]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => logSoftmax(zeros([2, 3], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[logSoftmax] x must be float32 or float64",
        "  x: int32 [2, 3]",
        "  - x is int32",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "an axis that is not there",
      make: () => logSoftmax(zeros([2, 3]), 2),
      error: "ShapeError",
      message: [
        "[logSoftmax] axis 2 is no axis of a tensor of rank 2",
        "  x: [2, 3]",
        "  fix: use an integer from -2 to 1",
      ],
    },
  ],
};
