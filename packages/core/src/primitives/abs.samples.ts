/** Samples of `abs`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { abs } from "./abs.ts";

export const samples: OpSamples = {
  op: "abs",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [0.25, 2] }],
      call: (x) => abs(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 3] }],
      call: (x) => abs(x),
      expected: [[1.5, 0.5, 3]],
      gradients: [[-1, 1, 1]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [3], values: [0, -0, Number.NEGATIVE_INFINITY] }],
      call: (x) => abs(x),
      differentiable: [],
      expected: [[0, 0, Number.POSITIVE_INFINITY]],
      gradients: [[0, 0, -1]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [0.25, 2] }],
      call: (x) => abs(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => abs(x),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [3, -4, 0] }],
      call: (x) => abs(x),
      expected: [[3, 4, 0]],
    },
  ],
  errors: [
    {
      name: "bool",
      make: () => abs(tensor([true, false])),
      error: "DTypeError",
      message: [
        "[abs] dtypes do not fit",
        "  x: bool [2]",
        "  - x is bool, but abs takes float32, float64, int32 or uint8",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
