/** Samples of `log`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { log } from "./log.ts";

export const samples: OpSamples = {
  op: "log",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.25, 3] }],
      call: (x) => log(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [0.3, 1, 5] }],
      call: (x) => log(x),
      expected: [[-1.2039728043259361, 0, 1.6094379124341003]],
      gradients: [[3.3333333333333335, 1, 0.2]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [2], values: [0, Number.POSITIVE_INFINITY] }],
      call: (x) => log(x),
      differentiable: [],
      expected: [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]],
      gradients: [[Number.POSITIVE_INFINITY, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.25, 3] }],
      call: (x) => log(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => log(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => log(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[log] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but log takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
