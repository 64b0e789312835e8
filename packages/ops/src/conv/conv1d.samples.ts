/** Samples of `conv1d`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { conv1d } from "./conv1d.ts";

export const samples: OpSamples = {
  op: "conv1d",
  cases: [
    {
      name: "differences of neighbours",
      inputs: [
        { shape: [1, 1, 4], values: [1, 3, 6, 10] },
        { shape: [1, 1, 2], values: [-1, 1] },
      ],
      call: (x, weight) => conv1d(x, weight),
      expected: [[2, 3, 4]],
      gradients: [
        [-1, 0, 0, 1],
        [10, 19],
      ],
    },
    {
      name: "stride, padding, dilation, bias",
      inputs: [{ shape: [2, 3, 9] }, { shape: [4, 3, 3] }, { shape: [4] }],
      call: (x, weight, bias) => conv1d(x, weight, { stride: 2, padding: [2, 1], dilation: 2, bias }),
    },
    {
      name: "same, depthwise",
      inputs: [{ shape: [2, 3, 5] }, { shape: [3, 1, 4] }],
      call: (x, weight) => conv1d(x, weight, { padding: "same", groups: 3 }),
    },
  ],
  errors: [
    {
      name: "channels",
      make: () => conv1d(zeros([1, 4, 9]), zeros([2, 3, 3])),
      error: "ShapeError",
      message: [
        "[conv1d] the input has 4 channels, the weight reads 3",
        "  x: float32 [N=1, C=4, L=9]",
        "  weight: float32 [O=2, I=3, K=3]",
        "  - C = 4, but I × groups = 3 × 1 = 3",
        "  fix: give the input C = 3",
      ],
    },
    {
      name: "a kernel longer than the signal",
      make: () => conv1d(zeros([1, 1, 3]), zeros([1, 1, 3]), { dilation: 2 }),
      error: "ShapeError",
      message: [
        "[conv1d] the kernel is larger than the padded input",
        "  x: float32 [N=1, C=1, L=3]",
        "  weight: float32 [O=1, I=1, K=3]",
        "  - L: 3, but the kernel covers 5",
        "  fix: write padding: [1, 1], or use a smaller kernel",
      ],
    },
    {
      name: "images, and a stride of two numbers",
      make: () => conv1d(zeros([1, 1, 3, 3]), zeros([1, 1, 3]), { stride: [1, 2] as unknown as number }),
      error: "OptionError",
      message: [
        "[conv1d] stride must be a positive integer",
        "  x: float32 [1, 1, 3, 3]",
        "  weight: float32 [O=1, I=1, K=3]",
        "  - stride is [1, 2]",
        "  - x has rank 4",
        "  fix: write stride: 1",
      ],
    },
  ],
};
