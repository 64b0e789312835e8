/** Samples of `exp`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { exp } from "./exp.ts";

export const samples: OpSamples = {
  op: "exp",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => exp(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 0] }],
      call: (x) => exp(x),
      expected: [[0.22313016014842982, 1.6487212707001282, 1]],
      gradients: [[0.22313016014842982, 1.6487212707001282, 1]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [1], values: [Number.NEGATIVE_INFINITY] }],
      call: (x) => exp(x),
      differentiable: [],
      expected: [[0]],
      gradients: [[0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => exp(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => exp(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => exp(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[exp] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but exp takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
