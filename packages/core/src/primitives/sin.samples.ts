/** Samples of `sin`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { sin } from "./sin.ts";

export const samples: OpSamples = {
  op: "sin",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-3, 3] }],
      call: (x) => sin(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 0] }],
      call: (x) => sin(x),
      expected: [[-0.9974949866040544, 0.479425538604203, 0]],
      gradients: [[0.0707372016677029, 0.8775825618903728, 1]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-3, 3] }],
      call: (x) => sin(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => sin(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => sin(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[sin] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but sin takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
