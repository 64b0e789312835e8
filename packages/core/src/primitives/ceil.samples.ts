/** Samples of `ceil`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { ceil } from "./ceil.ts";

export const samples: OpSamples = {
  op: "ceil",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.1, 0.9] }],
      call: (x) => ceil(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.25, 2.75] }],
      call: (x) => ceil(x),
      expected: [[-1, 1, 3]],
      gradients: [[0, 0, 0]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [1], values: [2] }],
      call: (x) => ceil(x),
      differentiable: [],
      expected: [[2]],
      gradients: [[0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.1, 0.9] }],
      call: (x) => ceil(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => ceil(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => ceil(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[ceil] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but ceil takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
