/** Samples of `square`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { square } from "./square.ts";

export const samples: OpSamples = {
  op: "square",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => square(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 3] }],
      call: (x) => square(x),
      expected: [[2.25, 0.25, 9]],
      gradients: [[-3, 1, 6]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [1], values: [0] }],
      call: (x) => square(x),
      differentiable: [],
      expected: [[0]],
      gradients: [[0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => square(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => square(x),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [3, -4, 0] }],
      call: (x) => square(x),
      expected: [[9, 16, 0]],
    },
  ],
  errors: [
    {
      name: "bool",
      make: () => square(tensor([true, false])),
      error: "DTypeError",
      message: [
        "[square] dtypes do not fit",
        "  x: bool [2]",
        "  - x is bool, but square takes float32, float64, int32 or uint8",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
