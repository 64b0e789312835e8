/** Samples of `normal`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { normal } from "./normal.ts";

export const samples: OpSamples = {
  op: "normal",
  cases: [
    {
      name: "a matrix",
      inputs: [{ shape: [2], dtype: "int32", values: [1, 2] }],
      call: (key) => normal(key, [3, 5]),
    },
    {
      name: "a scalar",
      inputs: [{ shape: [2], dtype: "int32", values: [1, 2] }],
      call: (key) => normal(key, []),
    },
    {
      name: "another key",
      inputs: [{ shape: [2], dtype: "int32", values: [-7, 123456789] }],
      call: (key) => normal(key, [4]),
    },
  ],
  errors: [
    {
      name: "a key of floats",
      make: () => normal(zeros([2]), [3]),
      error: "DTypeError",
      message: ["[normal] key must be int32", "  key: float32 [2]", "  - key is float32", '  fix: key.cast("int32")'],
    },
    {
      name: "a long key",
      make: () => normal(zeros([3], { dtype: "int32" }), [3]),
      error: "ShapeError",
      message: [
        "[normal] key must have shape [2]",
        "  key: int32 [3]",
        "  - its shape is [3]",
        "  fix: pass two int32 words",
      ],
    },
  ],
};
