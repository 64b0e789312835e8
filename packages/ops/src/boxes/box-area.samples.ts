/** Samples of `boxArea`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { boxArea } from "./box-area.ts";

export const samples: OpSamples = {
  op: "boxArea",
  cases: [
    {
      name: "boxes",
      inputs: [{ shape: [2, 4], values: [1, 2, 4, 8, 0, 0, 0, 5] }],
      call: (b) => boxArea(b),
      expected: [[18, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => boxArea(zeros([3, 4], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[boxArea] boxes must be float32 or float64",
        "  boxes: int32 [3, 4]",
        "  - boxes is int32",
        '  fix: boxes.cast("float32")',
      ],
    },
  ],
};
