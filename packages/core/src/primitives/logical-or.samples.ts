/** Samples of `logicalOr`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { logicalOr } from "./logical-or.ts";

export const samples: OpSamples = {
  op: "logicalOr",
  cases: [
    {
      name: "truth table",
      inputs: [
        { shape: [4], dtype: "bool", values: [0, 0, 1, 1] },
        { shape: [4], dtype: "bool", values: [0, 1, 0, 1] },
      ],
      call: (a, b) => logicalOr(a, b),
      expected: [[0, 1, 1, 1]],
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1], dtype: "bool" },
        { shape: [1, 3], dtype: "bool" },
      ],
      call: (a, b) => logicalOr(a, b),
    },
  ],
  errors: [
    {
      name: "numbers",
      make: () => logicalOr(zeros([2]), zeros([2])),
      error: "DTypeError",
      message: [
        "[logicalOr] dtypes do not fit",
        "  a: float32 [2]",
        "  b: float32 [2]",
        "  - a is float32, but logicalOr takes bool",
        "  - b is float32, but logicalOr takes bool",
        '  fix: a.cast("bool")',
      ],
    },
  ],
};
