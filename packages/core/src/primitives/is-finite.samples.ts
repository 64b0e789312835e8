/** Samples of `isFinite`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { isFinite as isFiniteOf } from "./is-finite.ts";

export const samples: OpSamples = {
  op: "isFinite",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => isFiniteOf(x),
      differentiable: [],
    },
    {
      name: "known values",
      inputs: [{ shape: [4], values: [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] }],
      call: (x) => isFiniteOf(x),
      differentiable: [],
      expected: [[1, 0, 0, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => isFiniteOf(x),
      differentiable: [],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => isFiniteOf(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => isFiniteOf(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[isFinite] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but isFinite takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
