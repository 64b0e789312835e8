/** Samples of `maxPoolTake`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { maxPoolTake } from "./max-pool2d.ts";

export const samples: OpSamples = {
  op: "maxPoolTake",
  cases: [
    {
      name: "one place twice, and none",
      inputs: [
        { shape: [1, 1, 3, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
        { shape: [1, 1, 2, 2], dtype: "int32", values: [4, 4, 8, -1] },
      ],
      call: (x, index) => maxPoolTake(x, index, { kernel: 2, stride: 1, inputSize: 3 }),
      expected: [[5, 5, 9, 0]],
      gradients: [[0, 0, 0, 0, 2, 0, 0, 0, 1], null],
    },
    {
      name: "two planes",
      inputs: [{ shape: [1, 2, 2, 4] }, { shape: [1, 2, 1, 2], dtype: "int32", values: [4, 3, 0, 7] }],
      call: (x, index) => maxPoolTake(x, index, { kernel: 2, inputSize: [2, 4] }),
    },
  ],
  errors: [
    {
      name: "another input size",
      make: () =>
        maxPoolTake(zeros([1, 1, 4, 5]), zeros([1, 1, 2, 2], { dtype: "int32" }), { kernel: 2, inputSize: 4 }),
      error: "ShapeError",
      message: [
        "[maxPoolTake] x does not have the size that was pooled",
        "  x: float32 [N=1, C=1, H=4, W=5]",
        "  index: int32 [N=1, C=1, H=2, W=2]",
        "  - x has [H, W] = [4, 5], inputSize is [4, 4]",
        "  fix: write inputSize: [4, 5]",
      ],
    },
  ],
};
