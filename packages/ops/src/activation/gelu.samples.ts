/** Samples of `gelu`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { gelu } from "./gelu.ts";

export const samples: OpSamples = {
  op: "gelu",
  cases: [
    { name: "exact", inputs: [{ shape: [2, 3] }], call: (x) => gelu(x) },
    { name: "tanh form", inputs: [{ shape: [2, 3] }], call: (x) => gelu(x, { approximate: "tanh" }) },
    {
      name: "at 0 and ±100",
      inputs: [{ shape: [3], values: [0, 100, -100] }],
      call: (x) => gelu(x),
      differentiable: [],
      expected: [[0, 100, 0]],
      gradients: [[0.5, 1, 0]],
    },
    {
      name: "tanh form at 0 and ±100",
      inputs: [{ shape: [3], values: [0, 100, -100] }],
      call: (x) => gelu(x, { approximate: "tanh" }),
      differentiable: [],
      expected: [[0, 100, 0]],
      gradients: [[0.5, 1, 0]],
    },
  ],
  errors: [
    {
      name: "an unknown approximation",
      make: () => gelu(zeros([2]), { approximate: "sigmoid" as "tanh" }),
      error: "OptionError",
      message: [
        '[gelu] approximate must be "none" or "tanh"',
        '  - approximate is "sigmoid"',
        '  fix: write approximate: "tanh"',
      ],
    },
  ],
};
