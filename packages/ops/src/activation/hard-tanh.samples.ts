/** Samples of `hardTanh`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { hardTanh } from "./hard-tanh.ts";

export const samples: OpSamples = {
  op: "hardTanh",
  cases: [
    { name: "inside", inputs: [{ shape: [2, 3], domain: [-0.9, 0.9] }], call: (x) => hardTanh(x), differentiable: [0] },
    {
      name: "outside",
      inputs: [{ shape: [2, 3], domain: [1.1, 2] }],
      call: (x) => hardTanh(x),
      differentiable: [0],
    },
    {
      name: "at the kinks the gradient is 0",
      inputs: [{ shape: [6], values: [-3, -2, 0, 0.5, 2, Number.NaN] }],
      call: (x) => hardTanh(x, { min: -2, max: 0.5 }),
      differentiable: [],
      expected: [[-2, -2, 0, 0.5, 0.5, Number.NaN]],
      gradients: [[0, 0, 1, 0, 0, 1]],
    },
  ],
  errors: [
    {
      name: "bounds in the wrong order",
      make: () => hardTanh(zeros([2]), { min: 2 }),
      error: "OptionError",
      message: [
        "[hardTanh] min must be less than max",
        "  x: float32 [2]",
        "  - min is 2, max is 1",
        "  fix: write min: -1, max: 1",
      ],
    },
  ],
};
