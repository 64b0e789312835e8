/** Samples of `relu`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { relu } from "./relu.ts";

export const samples: OpSamples = {
  op: "relu",
  cases: [
    { name: "positive", inputs: [{ shape: [2, 3], domain: [0.1, 2] }], call: (x) => relu(x) },
    { name: "negative", inputs: [{ shape: [2, 3], domain: [-2, -0.1] }], call: (x) => relu(x) },
    { name: "images", inputs: [{ shape: [2, 3, 4, 4], domain: [0.1, 2] }], call: (x) => relu(x) },
    {
      name: "at 0 the gradient is 0, and NaN stays",
      inputs: [{ shape: [6], values: [0, -0, 1e-30, -1e-30, Number.NaN, Number.POSITIVE_INFINITY] }],
      call: (x) => relu(x),
      differentiable: [],
      expected: [[0, 0, 1e-30, 0, Number.NaN, Number.POSITIVE_INFINITY]],
      gradients: [[0, 0, 1, 0, 1, 1]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [-5, 0, 7] }],
      call: (x) => relu(x),
      expected: [[0, 0, 7]],
    },
  ],
  errors: [
    {
      name: "bool",
      make: () => relu(zeros([2], { dtype: "bool" })),
      error: "DTypeError",
      message: [
        "[relu] dtypes do not fit",
        "  x: bool [2]",
        "  - x is bool, but relu takes float32, float64, int32 or uint8",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
