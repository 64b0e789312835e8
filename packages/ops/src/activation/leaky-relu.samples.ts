/** Samples of `leakyRelu`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { leakyRelu } from "./leaky-relu.ts";

export const samples: OpSamples = {
  op: "leakyRelu",
  cases: [
    { name: "positive", inputs: [{ shape: [2, 3], domain: [0.1, 2] }], call: (x) => leakyRelu(x) },
    {
      name: "negative",
      inputs: [{ shape: [2, 3], domain: [-2, -0.1] }],
      call: (x) => leakyRelu(x, { negativeSlope: 0.25 }),
    },
    {
      name: "a learned slope for each channel",
      inputs: [
        { shape: [2, 3, 2, 2], domain: [-2, -0.1] },
        { shape: [1, 3, 1, 1], domain: [0.1, 0.5] },
      ],
      call: (x, slope) => leakyRelu(x, { negativeSlope: slope }),
    },
    {
      name: "at 0 the gradient is the slope",
      inputs: [{ shape: [4], values: [0, -4, 4, Number.NaN] }],
      call: (x) => leakyRelu(x, { negativeSlope: 0.25 }),
      differentiable: [],
      expected: [[0, -1, 4, Number.NaN]],
      gradients: [[0.25, 0.25, 1, 0.25]],
    },
  ],
  errors: [
    {
      name: "an unknown option",
      make: () => leakyRelu(zeros([2]), { slope: 0.1 } as object),
      error: "OptionError",
      message: ['[leakyRelu] unknown option "slope"', "  - known options: negativeSlope", '  fix: remove "slope"'],
    },
    {
      name: "integers",
      make: () => leakyRelu(zeros([2], { dtype: "int32" }), { negativeSlope: 2 }),
      error: "DTypeError",
      message: [
        "[leakyRelu] dtypes do not fit",
        "  x: int32 [2]",
        "  negativeSlope: int32 []",
        "  - x is int32, but leakyRelu takes float32 or float64",
        "  - negativeSlope is int32, but leakyRelu takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
