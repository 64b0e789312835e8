/** Samples of `logicalAnd`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { logicalAnd } from "./logical-and.ts";

export const samples: OpSamples = {
  op: "logicalAnd",
  cases: [
    {
      name: "truth table",
      inputs: [
        { shape: [4], dtype: "bool", values: [0, 0, 1, 1] },
        { shape: [4], dtype: "bool", values: [0, 1, 0, 1] },
      ],
      call: (a, b) => logicalAnd(a, b),
      expected: [[0, 0, 0, 1]],
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1], dtype: "bool" },
        { shape: [1, 3], dtype: "bool" },
      ],
      call: (a, b) => logicalAnd(a, b),
    },
  ],
  errors: [
    {
      name: "numbers",
      make: () => logicalAnd(zeros([2]), zeros([2])),
      error: "DTypeError",
      message: [
        "[logicalAnd] dtypes do not fit",
        "  a: float32 [2]",
        "  b: float32 [2]",
        "  - a is float32, but logicalAnd takes bool",
        "  - b is float32, but logicalAnd takes bool",
        '  fix: a.cast("bool")',
      ],
    },
  ],
};
