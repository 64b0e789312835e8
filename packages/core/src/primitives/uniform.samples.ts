/** Samples of `uniform`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { uniform } from "./uniform.ts";

export const samples: OpSamples = {
  op: "uniform",
  cases: [
    {
      name: "a matrix",
      inputs: [{ shape: [2], dtype: "int32", values: [1, 2] }],
      call: (key) => uniform(key, [3, 5]),
    },
    {
      name: "a scalar",
      inputs: [{ shape: [2], dtype: "int32", values: [1, 2] }],
      call: (key) => uniform(key, []),
    },
    {
      name: "another key",
      inputs: [{ shape: [2], dtype: "int32", values: [-7, 123456789] }],
      call: (key) => uniform(key, [4]),
    },
  ],
  errors: [
    {
      name: "a key of floats",
      make: () => uniform(zeros([2]), [3]),
      error: "DTypeError",
      message: ["[uniform] key must be int32", "  key: float32 [2]", "  - key is float32", '  fix: key.cast("int32")'],
    },
    {
      name: "a long key",
      make: () => uniform(zeros([3], { dtype: "int32" }), [3]),
      error: "ShapeError",
      message: [
        "[uniform] key must have shape [2]",
        "  key: int32 [3]",
        "  - its shape is [3]",
        "  fix: pass two int32 words",
      ],
    },
  ],
};
