/** Samples of `selu`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { selu } from "./selu.ts";

export const samples: OpSamples = {
  op: "selu",
  cases: [
    { name: "positive", inputs: [{ shape: [2, 3], domain: [0.1, 2] }], call: (x) => selu(x) },
    { name: "negative", inputs: [{ shape: [2, 3], domain: [-2, -0.1] }], call: (x) => selu(x) },
    {
      name: "at 0 the slope of the left side; far from it nothing overflows",
      inputs: [{ shape: [3], values: [0, 1000, -1000] }],
      call: (x) => selu(x),
      differentiable: [],
      expected: [[0, 1050.7009873554805, -1.7580993408473768]],
      gradients: [[1.7580993408473768, 1.0507009873554805, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => selu(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[selu] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but selu takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
