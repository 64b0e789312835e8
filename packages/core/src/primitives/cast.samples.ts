/** Samples of `cast`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import type { DType } from "../tensor/dtype.ts";
import { cast } from "./cast.ts";

export const samples: OpSamples = {
  op: "cast",
  cases: [
    {
      name: "float32 to float64",
      inputs: [{ shape: [3], dtype: "float32", values: [0.5, -1.25, 3] }],
      call: (x) => cast(x, "float64"),
      differentiable: [],
      expected: [[0.5, -1.25, 3]],
      gradients: [[1, 1, 1]],
    },
    {
      name: "to int32 truncates and saturates",
      inputs: [{ shape: [7], values: [1.9, -1.9, 0.5, 3000000000, -3000000000, Number.NaN, -0.5] }],
      call: (x) => cast(x, "int32"),
      differentiable: [],
      expected: [[1, -1, 0, 2147483647, -2147483648, 0, 0]],
    },
    {
      name: "to uint8 truncates and saturates",
      inputs: [{ shape: [5], values: [1.9, -1, 255.9, 300, Number.NaN] }],
      call: (x) => cast(x, "uint8"),
      differentiable: [],
      expected: [[1, 0, 255, 255, 0]],
    },
    {
      name: "to bool",
      inputs: [{ shape: [4], values: [0, -0, 0.1, Number.NaN] }],
      call: (x) => cast(x, "bool"),
      differentiable: [],
      expected: [[0, 0, 1, 1]],
    },
    {
      name: "from uint8",
      inputs: [{ shape: [3], dtype: "uint8", values: [0, 128, 255] }],
      call: (x) => cast(x, "float32"),
      expected: [[0, 128, 255]],
    },
    {
      name: "from bool",
      inputs: [{ shape: [2], dtype: "bool", values: [1, 0] }],
      call: (x) => cast(x, "float64"),
      expected: [[1, 0]],
    },
    {
      name: "int32 to uint8 saturates",
      inputs: [{ shape: [3], dtype: "int32", values: [-5, 77, 999] }],
      call: (x) => cast(x, "uint8"),
      expected: [[0, 77, 255]],
    },
  ],
  errors: [
    {
      name: "an unknown dtype",
      make: () => cast(zeros([2]), "float16" as DType),
      error: "OptionError",
      message: [
        '[cast] "float16" is no dtype',
        "  - known dtypes: float32, float64, int32, uint8, bool",
        '  fix: write "float32"',
      ],
    },
  ],
};
