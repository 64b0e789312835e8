/** Samples of `neg`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { neg } from "./neg.ts";

export const samples: OpSamples = {
  op: "neg",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => neg(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 3] }],
      call: (x) => neg(x),
      expected: [[1.5, -0.5, -3]],
      gradients: [[-1, -1, -1]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [2], values: [0, Number.POSITIVE_INFINITY] }],
      call: (x) => neg(x),
      differentiable: [],
      expected: [[-0, Number.NEGATIVE_INFINITY]],
      gradients: [[-1, -1]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => neg(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => neg(x),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [3, -4, 0] }],
      call: (x) => neg(x),
      expected: [[-3, 4, 0]],
    },
  ],
  errors: [
    {
      name: "bool",
      make: () => neg(tensor([true, false])),
      error: "DTypeError",
      message: [
        "[neg] dtypes do not fit",
        "  x: bool [2]",
        "  - x is bool, but neg takes float32, float64, int32 or uint8",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
