/** Samples of `sqrt`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { sqrt } from "./sqrt.ts";

export const samples: OpSamples = {
  op: "sqrt",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.25, 3] }],
      call: (x) => sqrt(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [0.25, 3, 9] }],
      call: (x) => sqrt(x),
      expected: [[0.5, 1.7320508075688772, 3]],
      gradients: [[1, 0.2886751345948129, 0.16666666666666666]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [2], values: [0, Number.POSITIVE_INFINITY] }],
      call: (x) => sqrt(x),
      differentiable: [],
      expected: [[0, Number.POSITIVE_INFINITY]],
      gradients: [[Number.POSITIVE_INFINITY, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.25, 3] }],
      call: (x) => sqrt(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => sqrt(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => sqrt(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[sqrt] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but sqrt takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
