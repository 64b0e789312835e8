/** Samples of `standardize`. */

import { type OpSamples, type Tensor, zeros } from "@prewitt/core";
import { standardize, standardizeOp } from "./standardize.ts";

export const samples: OpSamples = {
  op: "standardize",
  cases: [
    {
      name: "the last axis: all three outputs",
      inputs: [{ shape: [3, 4] }],
      call: (x: Tensor) => standardizeOp.applyAll([x], { axes: [1], eps: 1e-5 }),
    },
    { name: "two axes", inputs: [{ shape: [2, 3, 2] }], call: (x) => standardize(x, [0, 2], 0.1) },
    {
      name: "known values",
      inputs: [{ shape: [1, 2], values: [1, 5] }],
      call: (x) => standardize(x, [1], 0),
      differentiable: [], // exactly 0: only rounding noise is left to compare
      expected: [[-1, 1]],
      gradients: [[0, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => standardize(zeros([2, 2], { dtype: "int32" }), [1], 0.1),
      error: "DTypeError",
      message: [
        "[standardize] x must be float32 or float64",
        "  x: int32 [2, 2]",
        "  - x is int32",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
