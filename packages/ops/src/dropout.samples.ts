/** Samples of `dropout`. */

import { type OpSamples, type SampleInput, zeros } from "@prewitt/core";
import { type DropoutOptions, dropout } from "./dropout.ts";

const key: SampleInput = { shape: [2], dtype: "int32", values: [42, 7] };

export const samples: OpSamples = {
  op: "dropout",
  cases: [
    { name: "half", inputs: [{ shape: [4, 5] }, key], call: (x, k) => dropout(x, { rate: 0.5, key: k }) },
    {
      name: "a rate that is a tensor",
      inputs: [{ shape: [4, 5] }, key, { shape: [], dtype: "float32", domain: [0.25, 0.25] }],
      call: (x, k, rate) => dropout(x, { rate, key: k }),
      differentiable: [0],
    },
    {
      name: "none",
      inputs: [{ shape: [3], values: [1, 2, 3] }, key],
      call: (x, k) => dropout(x, { rate: 0, key: k }),
      expected: [[1, 2, 3]],
      gradients: [[1, 1, 1], null],
    },
    {
      name: "all",
      inputs: [{ shape: [3], values: [1, 2, 3] }, key],
      call: (x, k) => dropout(x, { rate: 1, key: k }),
      expected: [[0, 0, 0]],
      gradients: [[0, 0, 0], null],
    },
  ],
  errors: [
    {
      name: "a rate in percent, and no key",
      make: () => dropout(zeros([2]), { rate: 50 } as DropoutOptions),
      error: "OptionError",
      message: [
        "[dropout] rate must be a number from 0 to 1",
        "  x: float32 [2]",
        "  - rate is 50",
        "  - key is undefined",
        "  fix: write rate: 0.5",
      ],
    },
    {
      name: "a key of floats",
      make: () => dropout(zeros([2]), { rate: 0.5, key: zeros([2]) }),
      error: "ShapeError",
      message: [
        "[dropout] key must be two int32 words",
        "  x: float32 [2]",
        "  key: float32 [2]",
        "  rate: float32 []",
        "  - key is float32 [2], int32 [2] is needed",
        '  fix: tensor([seed, step], { dtype: "int32" })',
      ],
    },
  ],
};
