/** Samples of `floor`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { floor } from "./floor.ts";

export const samples: OpSamples = {
  op: "floor",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.1, 0.9] }],
      call: (x) => floor(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.25, 2.75] }],
      call: (x) => floor(x),
      expected: [[-2, 0, 2]],
      gradients: [[0, 0, 0]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [2], values: [2, -0] }],
      call: (x) => floor(x),
      differentiable: [],
      expected: [[2, -0]],
      gradients: [[0, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.1, 0.9] }],
      call: (x) => floor(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => floor(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => floor(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[floor] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but floor takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
