/** Samples of `log1p`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { log1p } from "./log1p.ts";

export const samples: OpSamples = {
  op: "log1p",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-0.5, 3] }],
      call: (x) => log1p(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-0.25, 1e-6, 4] }],
      call: (x) => log1p(x),
      expected: [[-0.2876820724517809, 9.999995000003334e-7, 1.6094379124341003]],
      gradients: [[1.3333333333333333, 0.9999990000010001, 0.2]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [1], values: [-1] }],
      call: (x) => log1p(x),
      differentiable: [],
      expected: [[Number.NEGATIVE_INFINITY]],
      gradients: [[Number.POSITIVE_INFINITY]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-0.5, 3] }],
      call: (x) => log1p(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => log1p(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => log1p(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[log1p] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but log1p takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
