/** Samples of `mish`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { mish } from "./mish.ts";

export const samples: OpSamples = {
  op: "mish",
  cases: [
    { name: "positive", inputs: [{ shape: [2, 3], domain: [0.1, 3] }], call: (x) => mish(x) },
    { name: "negative", inputs: [{ shape: [2, 3], domain: [-6, -0.1] }], call: (x) => mish(x) },
    {
      name: "at 0, and far from it",
      inputs: [{ shape: [3], values: [0, 10000, -10000] }],
      call: (x) => mish(x),
      differentiable: [],
      expected: [[0, 10000, 0]],
      gradients: [[0.6, 1, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => mish(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[mish] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but mish takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
