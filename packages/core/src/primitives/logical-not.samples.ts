/** Samples of `logicalNot`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { logicalNot } from "./logical-not.ts";

export const samples: OpSamples = {
  op: "logicalNot",
  cases: [
    {
      name: "truth table",
      inputs: [{ shape: [2], dtype: "bool", values: [0, 1] }],
      call: (x) => logicalNot(x),
      expected: [[1, 0]],
    },
    {
      name: "a matrix",
      inputs: [{ shape: [3, 4], dtype: "bool" }],
      call: (x) => logicalNot(x),
    },
  ],
  errors: [
    {
      name: "numbers",
      make: () => logicalNot(tensor([1, 2])),
      error: "DTypeError",
      message: [
        "[logicalNot] dtypes do not fit",
        "  x: float32 [2]",
        "  - x is float32, but logicalNot takes bool",
        '  fix: x.cast("bool")',
      ],
    },
  ],
};
