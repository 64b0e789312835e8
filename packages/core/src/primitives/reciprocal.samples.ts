/** Samples of `reciprocal`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { reciprocal } from "./reciprocal.ts";

export const samples: OpSamples = {
  op: "reciprocal",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.5, 3] }],
      call: (x) => reciprocal(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [0.5, 2, -4] }],
      call: (x) => reciprocal(x),
      expected: [[2, 0.5, -0.25]],
      gradients: [[-4, -0.25, -0.0625]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [2], values: [0, Number.POSITIVE_INFINITY] }],
      call: (x) => reciprocal(x),
      differentiable: [],
      expected: [[Number.POSITIVE_INFINITY, 0]],
      gradients: [[Number.NEGATIVE_INFINITY, -0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.5, 3] }],
      call: (x) => reciprocal(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => reciprocal(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => reciprocal(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[reciprocal] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but reciprocal takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
