/** Samples of `convTranspose2d`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { convTranspose2d } from "./conv-transpose2d.ts";

export const samples: OpSamples = {
  op: "convTranspose2d",
  cases: [
    {
      name: "2×2, stride 2: each pixel becomes a kernel",
      inputs: [
        { shape: [1, 1, 1, 2], values: [1, 10] },
        { shape: [1, 1, 2, 2], values: [1, 2, 3, 4] },
      ],
      call: (x, weight) => convTranspose2d(x, weight, { stride: 2 }),
      expected: [[1, 2, 10, 20, 3, 4, 30, 40]],
      gradients: [
        [10, 10],
        [11, 11, 11, 11],
      ],
    },
    {
      name: "padding and output padding",
      inputs: [{ shape: [2, 2, 3, 3] }, { shape: [2, 3, 3, 3] }, { shape: [3] }],
      call: (x, weight, bias) => convTranspose2d(x, weight, { stride: 2, padding: 1, outputPadding: 1, bias }),
    },
    {
      name: "groups, dilation, asymmetric padding",
      inputs: [{ shape: [1, 4, 3, 4] }, { shape: [4, 1, 2, 3] }],
      call: (x, weight) =>
        convTranspose2d(x, weight, {
          stride: [2, 1],
          padding: [
            [1, 0],
            [0, 1],
          ],
          dilation: [1, 2],
          groups: 2,
        }), // prettier-ignore
    },
  ],
  errors: [
    {
      name: "output padding of the stride",
      make: () => convTranspose2d(zeros([1, 2, 4, 4]), zeros([2, 3, 3, 3]), { stride: 2, outputPadding: [2, 0] }),
      error: "OptionError",
      message: [
        "[convTranspose2d] outputPadding must be smaller than the stride",
        "  x: float32 [N=1, C=2, H=4, W=4]",
        "  weight: float32 [I=2, O/groups=3, KH=3, KW=3]",
        "  - H: outputPadding = 2, stride = 2",
        "  fix: write outputPadding: 1, or use a stride of 3",
      ],
    },
    {
      name: "channels, in PyTorch's order",
      make: () => convTranspose2d(zeros([1, 3, 4, 4]), zeros([8, 3, 3, 3])),
      error: "ShapeError",
      message: [
        "[convTranspose2d] the input has 3 channels, the weight reads 8",
        "  x: float32 [N=1, C=3, H=4, W=4]",
        "  weight: float32 [I=8, O/groups=3, KH=3, KW=3]",
        "  - C = 3, but I = 8",
        "  fix: give the weight I = 3",
      ],
    },
    {
      name: "same",
      make: () => convTranspose2d(zeros([1, 2, 4, 4]), zeros([2, 3, 3, 3]), { padding: "same" }),
      error: "OptionError",
      message: [
        '[convTranspose2d] padding must be a number, [vertical, horizontal], [[top, bottom], [left, right]] or "valid"',
        "  x: float32 [N=1, C=2, H=4, W=4]",
        "  weight: float32 [I=2, O/groups=3, KH=3, KW=3]",
        '  - padding is "same"',
        "  fix: use 1, or [[0, 1], [0, 1]]",
      ],
    },
    {
      name: "padding that leaves nothing",
      make: () => convTranspose2d(zeros([1, 1, 2, 2]), zeros([1, 1, 3, 3]), { padding: [2, 0] }),
      error: "ShapeError",
      message: [
        "[convTranspose2d] the padding cuts off the whole result",
        "  x: float32 [N=1, C=1, H=2, W=2]",
        "  weight: float32 [I=1, O/groups=1, KH=3, KW=3]",
        "  - H of the result would be 0",
        "  fix: use 1 less padding along H",
      ],
    },
  ],
};
