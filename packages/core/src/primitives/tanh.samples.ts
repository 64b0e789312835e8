/** Samples of `tanh`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { tanh } from "./tanh.ts";

export const samples: OpSamples = {
  op: "tanh",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => tanh(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 0] }],
      call: (x) => tanh(x),
      expected: [[-0.9051482536448664, 0.46211715726000974, 0]],
      gradients: [[0.18070663892364858, 0.7864477329659274, 1]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [2], values: [-100, 100] }],
      call: (x) => tanh(x),
      differentiable: [],
      expected: [[-1, 1]],
      gradients: [[0, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => tanh(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => tanh(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => tanh(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[tanh] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but tanh takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
