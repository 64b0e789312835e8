/** Samples of `silu`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { silu } from "./silu.ts";

export const samples: OpSamples = {
  op: "silu",
  cases: [
    { name: "a matrix", inputs: [{ shape: [2, 3] }], call: (x) => silu(x) },
    { name: "wide", inputs: [{ shape: [2, 3], domain: [-8, 8] }], call: (x) => silu(x) },
    {
      name: "at 0 and ±10⁴",
      inputs: [{ shape: [3], values: [0, 10000, -10000] }],
      call: (x) => silu(x),
      differentiable: [],
      expected: [[0, 10000, 0]],
      gradients: [[0.5, 1, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => silu(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[silu] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but silu takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
