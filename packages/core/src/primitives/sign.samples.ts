/** Samples of `sign`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { sign } from "./sign.ts";

export const samples: OpSamples = {
  op: "sign",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.25, 2] }],
      call: (x) => sign(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 3] }],
      call: (x) => sign(x),
      expected: [[-1, 1, 1]],
      gradients: [[0, 0, 0]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [1], values: [0] }],
      call: (x) => sign(x),
      differentiable: [],
      expected: [[0]],
      gradients: [[0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.25, 2] }],
      call: (x) => sign(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => sign(x),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [3, -4, 0] }],
      call: (x) => sign(x),
      expected: [[1, -1, 0]],
    },
  ],
  errors: [
    {
      name: "bool",
      make: () => sign(tensor([true, false])),
      error: "DTypeError",
      message: [
        "[sign] dtypes do not fit",
        "  x: bool [2]",
        "  - x is bool, but sign takes float32, float64, int32 or uint8",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
