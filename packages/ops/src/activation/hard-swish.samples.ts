/** Samples of `hardSwish`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { hardSwish } from "./hard-swish.ts";

export const samples: OpSamples = {
  op: "hardSwish",
  cases: [
    { name: "between", inputs: [{ shape: [2, 3], domain: [-2.9, 2.9] }], call: (x) => hardSwish(x) },
    { name: "above", inputs: [{ shape: [2, 3], domain: [3.1, 9] }], call: (x) => hardSwish(x) },
    { name: "below", inputs: [{ shape: [2, 3], domain: [-9, -3.1] }], call: (x) => hardSwish(x) },
    {
      name: "at the kinks",
      inputs: [{ shape: [6], values: [-4, -3, 0, 1.5, 3, 6] }],
      call: (x) => hardSwish(x),
      differentiable: [],
      expected: [[0, 0, 0, 1.125, 3, 6]],
      gradients: [[0, -0.5, 0.5, 1, 1.5, 1]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => hardSwish(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[hardSwish] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but hardSwish takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
