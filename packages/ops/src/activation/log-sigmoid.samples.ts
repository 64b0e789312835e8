/** Samples of `logSigmoid`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { logSigmoid } from "./log-sigmoid.ts";

export const samples: OpSamples = {
  op: "logSigmoid",
  cases: [
    { name: "a matrix", inputs: [{ shape: [2, 3] }], call: (x) => logSigmoid(x) },
    { name: "positive", inputs: [{ shape: [2, 3], domain: [2, 8] }], call: (x) => logSigmoid(x) },
    { name: "negative", inputs: [{ shape: [2, 3], domain: [-8, -2] }], call: (x) => logSigmoid(x) },
    {
      name: "at 0, ±30 and ±10⁴",
      inputs: [{ shape: [5], values: [0, 30, -30, 10000, -10000] }],
      call: (x) => logSigmoid(x),
      differentiable: [],
      expected: [[-Math.LN2, -9.357622968839737e-14, -30.000000000000092, 0, -10000]],
      gradients: [[0.5, 9.357622968839299e-14, 1, 0, 1]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => logSigmoid(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[logSigmoid] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but logSigmoid takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
