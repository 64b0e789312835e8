/** Samples of `flipKernel`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { conv2d } from "./conv2d.ts";
import { flipKernel } from "./flip-kernel.ts";

export const samples: OpSamples = {
  op: "flipKernel",
  cases: [
    {
      name: "both axes",
      inputs: [{ shape: [1, 1, 2, 3], values: [1, 2, 3, 4, 5, 6] }],
      call: (weight) => flipKernel(weight),
      expected: [[6, 5, 4, 3, 2, 1]],
    },
    {
      name: "a convolution as mathematics has it: an impulse gives the kernel itself",
      inputs: [
        { shape: [1, 1, 3, 3], values: [0, 0, 0, 0, 1, 0, 0, 0, 0] },
        { shape: [1, 1, 3, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      ],
      call: (x, kernel) => conv2d(x, flipKernel(kernel), { padding: 1 }),
      expected: [[1, 2, 3, 4, 5, 6, 7, 8, 9]],
    },
  ],
  errors: [
    {
      name: "a vector",
      make: () => flipKernel(zeros([3])),
      error: "ShapeError",
      message: [
        "[flipKernel] a kernel has at least 2 axes",
        "  weight: float32 [3]",
        "  - weight has rank 1",
        "  fix: reshape weight to [KH, KW]",
      ],
    },
  ],
};
