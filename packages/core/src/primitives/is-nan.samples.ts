/** Samples of `isNaN`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { isNaN as isNaNOf } from "./is-nan.ts";

export const samples: OpSamples = {
  op: "isNaN",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => isNaNOf(x),
      differentiable: [],
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [1, Number.NaN, Number.POSITIVE_INFINITY] }],
      call: (x) => isNaNOf(x),
      differentiable: [],
      expected: [[0, 1, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => isNaNOf(x),
      differentiable: [],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => isNaNOf(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => isNaNOf(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[isNaN] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but isNaN takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
