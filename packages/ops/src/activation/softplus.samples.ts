/** Samples of `softplus`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { softplus } from "./softplus.ts";

export const samples: OpSamples = {
  op: "softplus",
  cases: [
    { name: "a matrix", inputs: [{ shape: [2, 3] }], call: (x) => softplus(x) },
    { name: "positive", inputs: [{ shape: [2, 3], domain: [2, 8] }], call: (x) => softplus(x) },
    { name: "negative", inputs: [{ shape: [2, 3], domain: [-8, -2] }], call: (x) => softplus(x) },
    {
      name: "at 0, ±30 and ±10⁴",
      inputs: [{ shape: [5], values: [0, 30, -30, 10000, -10000] }],
      call: (x) => softplus(x),
      differentiable: [],
      expected: [[Math.LN2, 30.000000000000092, 9.357622968839737e-14, 10000, 0]],
      gradients: [[0.5, 1, 9.357622968839299e-14, 1, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => softplus(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[softplus] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but softplus takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
