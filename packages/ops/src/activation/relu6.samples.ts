/** Samples of `relu6`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { relu6 } from "./relu6.ts";

export const samples: OpSamples = {
  op: "relu6",
  cases: [
    { name: "inside", inputs: [{ shape: [2, 3], domain: [0.1, 5.9] }], call: (x) => relu6(x) },
    { name: "outside", inputs: [{ shape: [2, 3], domain: [6.1, 9] }], call: (x) => relu6(x) },
    {
      name: "at the kinks the gradient is 0",
      inputs: [{ shape: [6], values: [-1, 0, 3, 6, 7, Number.NaN] }],
      call: (x) => relu6(x),
      differentiable: [],
      expected: [[0, 0, 3, 6, 6, Number.NaN]],
      gradients: [[0, 0, 1, 0, 0, 1]],
    },
  ],
  errors: [
    {
      name: "truth values",
      make: () => relu6(zeros([2], { dtype: "bool" })),
      error: "DTypeError",
      message: [
        "[relu6] dtypes do not fit",
        "  x: bool [2]",
        "  - x is bool, but relu6 takes float32, float64, int32 or uint8",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
