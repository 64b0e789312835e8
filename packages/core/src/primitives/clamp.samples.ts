/** Samples of `clamp`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { clamp } from "./clamp.ts";

export const samples: OpSamples = {
  op: "clamp",
  cases: [
    {
      name: "inside",
      inputs: [{ shape: [2, 3], domain: [-0.9, 0.9] }],
      call: (x) => clamp(x, -1, 1),
    },
    {
      name: "outside",
      inputs: [{ shape: [2, 3], domain: [1.1, 3] }],
      call: (x) => clamp(x, -1, 1),
    },
    {
      name: "at its bounds the gradient passes",
      inputs: [{ shape: [6], values: [-2, -1, 0, 1, 2, Number.NaN] }],
      call: (x) => clamp(x, -1, 1),
      differentiable: [],
      expected: [[-1, -1, 0, 1, 1, Number.NaN]],
      gradients: [[0, 1, 1, 1, 0, 0]],
    },
    {
      name: "one bound",
      inputs: [{ shape: [3], values: [-2, 0.5, 9] }],
      call: (x) => clamp(x, 0, Number.POSITIVE_INFINITY),
      expected: [[0, 0.5, 9]],
      gradients: [[0, 1, 1]],
    },
    {
      name: "bounds that are tensors",
      inputs: [
        { shape: [3], values: [-2, 0.5, 9] },
        { shape: [3], values: [-1, 0, 0] },
        { shape: [], values: [4] },
      ],
      call: (x, low, high) => clamp(x, low, high),
      expected: [[-1, 0.5, 4]],
      gradients: [[0, 1, 0], [1, 0, 0], [1]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [-5, 1, 300] }],
      call: (x) => clamp(x, 0, 255),
      expected: [[0, 1, 255]],
    },
  ],
  errors: [
    {
      name: "an empty range",
      make: () => clamp(zeros([2]), 1, -1),
      error: "OptionError",
      message: ["[clamp] the range 1 … -1 is empty", "  fix: write clamp(-1, 1)"],
    },
    {
      name: "a bound that does not fit",
      make: () => clamp(zeros([2], { dtype: "uint8" }), -1, 1),
      error: "DTypeError",
      message: [
        "[clamp] the number -1 does not fit a tensor of uint8",
        "  the other operand: uint8 [2]",
        "  - -1 lies outside 0 … 255",
        '  fix: cast the tensor: .cast("int32")',
      ],
    },
  ],
};
