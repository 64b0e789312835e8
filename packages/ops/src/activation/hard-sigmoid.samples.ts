/** Samples of `hardSigmoid`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { hardSigmoid } from "./hard-sigmoid.ts";

export const samples: OpSamples = {
  op: "hardSigmoid",
  cases: [
    { name: "between", inputs: [{ shape: [2, 3], domain: [-2.9, 2.9] }], call: (x) => hardSigmoid(x) },
    { name: "above", inputs: [{ shape: [2, 3], domain: [3.1, 9] }], call: (x) => hardSigmoid(x) },
    { name: "below", inputs: [{ shape: [2, 3], domain: [-9, -3.1] }], call: (x) => hardSigmoid(x) },
    {
      name: "at the kinks",
      inputs: [{ shape: [6], values: [-4, -3, 0, 1.5, 3, 6] }],
      call: (x) => hardSigmoid(x),
      differentiable: [],
      expected: [[0, 0, 0.5, 0.75, 1, 1]],
      gradients: [[0, 0, 1 / 6, 1 / 6, 0, 0]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => hardSigmoid(zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[hardSigmoid] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but hardSigmoid takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
