/** Samples of `softsign`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { softsign } from "./softsign.ts";

export const samples: OpSamples = {
  op: "softsign",
  cases: [
    { name: "positive", inputs: [{ shape: [2, 3], domain: [0.1, 3] }], call: (x) => softsign(x) },
    { name: "negative", inputs: [{ shape: [2, 3], domain: [-6, -0.1] }], call: (x) => softsign(x) },
    {
      name: "at 0, and far from it",
      inputs: [{ shape: [3], values: [0, 1, -3] }],
      call: (x) => softsign(x),
      differentiable: [],
      expected: [[0, 0.5, -0.75]],
      gradients: [[1, 0.25, 0.0625]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => softsign(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[softsign] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but softsign takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
