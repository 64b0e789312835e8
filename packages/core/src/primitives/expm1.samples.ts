/** Samples of `expm1`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { expm1 } from "./expm1.ts";

export const samples: OpSamples = {
  op: "expm1",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => expm1(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 1e-6, 0] }],
      call: (x) => expm1(x),
      expected: [[-0.7768698398515702, 1.0000005000001665e-6, 0]],
      gradients: [[0.22313016014842982, 1.0000010000005, 1]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [1], values: [Number.NEGATIVE_INFINITY] }],
      call: (x) => expm1(x),
      differentiable: [],
      expected: [[-1]],
      gradients: [[0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => expm1(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => expm1(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => expm1(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[expm1] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but expm1 takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
