/** Samples of `elu`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { elu } from "./elu.ts";

export const samples: OpSamples = {
  op: "elu",
  cases: [
    { name: "positive", inputs: [{ shape: [2, 3], domain: [0.1, 2] }], call: (x) => elu(x), differentiable: [0] },
    {
      name: "negative, a learned alpha",
      inputs: [
        { shape: [2, 3], domain: [-2, -0.1] },
        { shape: [1, 3], domain: [0.5, 2] },
      ],
      call: (x, alpha) => elu(x, { alpha }),
    },
    {
      name: "at 0 the gradient is alpha; far from it nothing overflows",
      inputs: [{ shape: [4], values: [0, 1000, -1000, Number.NaN] }],
      call: (x) => elu(x, { alpha: 0.5 }),
      differentiable: [],
      expected: [[0, 1000, -0.5, Number.NaN]],
      gradients: [[0.5, 1, 0, Number.NaN]],
    },
  ],
  errors: [
    {
      name: "an unknown option",
      make: () => elu(zeros([2]), { slope: 0.1 } as object),
      error: "OptionError",
      message: ['[elu] unknown option "slope"', "  - known options: alpha", '  fix: remove "slope"'],
    },
  ],
};
