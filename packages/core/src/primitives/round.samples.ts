/** Samples of `round`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { round } from "./round.ts";

export const samples: OpSamples = {
  op: "round",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.6, 1.4] }],
      call: (x) => round(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.25, 0.25, 2.75] }],
      call: (x) => round(x),
      expected: [[-1, 0, 3]],
      gradients: [[0, 0, 0]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [4], values: [0.5, 1.5, 2.5, -0.5] }],
      call: (x) => round(x),
      differentiable: [],
      expected: [[0, 2, 2, -0]],
      gradients: [[0, 0, 0, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.6, 1.4] }],
      call: (x) => round(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => round(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => round(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[round] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but round takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
