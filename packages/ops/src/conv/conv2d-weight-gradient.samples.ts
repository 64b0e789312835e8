/** Samples of `conv2dWeightGradient`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { conv2dWeightGradient } from "./conv2d.ts";

export const samples: OpSamples = {
  op: "conv2dWeightGradient",
  cases: [
    {
      name: "3×3",
      inputs: [{ shape: [2, 2, 5, 5] }, { shape: [2, 3, 3, 3] }],
      call: (x, dy) => conv2dWeightGradient(x, dy, { kernel: 3 }),
    },
    {
      name: "depthwise, same, stride 2",
      inputs: [{ shape: [2, 3, 4, 5] }, { shape: [2, 3, 2, 3] }],
      call: (x, dy) => conv2dWeightGradient(x, dy, { kernel: 3, stride: 2, padding: "same", groups: 3 }),
    },
    {
      name: "everything at once",
      inputs: [{ shape: [1, 2, 7, 8] }, { shape: [1, 4, 4, 5] }],
      call: (x, dy) =>
        conv2dWeightGradient(x, dy, {
          kernel: [2, 3],
          stride: [2, 1],
          dilation: [1, 2],
          padding: [
            [1, 0],
            [0, 1],
          ], // prettier-ignore
          groups: 2,
        }),
    },
  ],
  errors: [
    {
      name: "another batch and another size",
      make: () => conv2dWeightGradient(zeros([2, 3, 5, 5]), zeros([1, 4, 4, 3]), { kernel: 3 }),
      error: "ShapeError",
      message: [
        "[conv2dWeightGradient] x and dy have different batches",
        "  x: float32 [N=2, C=3, H=5, W=5]",
        "  dy: float32 [N=1, O=4, H=4, W=3]",
        "  - x has N = 2, dy has N = 1",
        "  - H: an input of 5 gives 3, dy has 4",
        "  fix: give dy N = 2",
      ],
    },
  ],
};
