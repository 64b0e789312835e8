/** Samples of `conv2dInputGradient`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { conv2dInputGradient } from "./conv2d.ts";

export const samples: OpSamples = {
  op: "conv2dInputGradient",
  cases: [
    {
      name: "3×3",
      inputs: [{ shape: [2, 3, 3, 3] }, { shape: [3, 2, 3, 3] }],
      call: (dy, weight) => conv2dInputGradient(dy, weight, { inputSize: 5 }),
    },
    {
      name: "stride 2 with rows that no window reads",
      inputs: [{ shape: [1, 2, 2, 2] }, { shape: [2, 2, 3, 3] }],
      call: (dy, weight) => conv2dInputGradient(dy, weight, { inputSize: 6, stride: 2 }),
    },
    {
      name: "everything at once",
      inputs: [{ shape: [1, 4, 4, 5] }, { shape: [4, 1, 2, 3] }],
      call: (dy, weight) =>
        conv2dInputGradient(dy, weight, {
          inputSize: [7, 8],
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
      name: "an output of another size",
      make: () => conv2dInputGradient(zeros([1, 3, 4, 4]), zeros([3, 2, 3, 3]), { inputSize: 5 }),
      error: "ShapeError",
      message: [
        "[conv2dInputGradient] dy is not the output of this convolution",
        "  dy: float32 [N=1, O=3, H=4, W=4]",
        "  weight: float32 [O=3, I=2, KH=3, KW=3]",
        "  - H: an input of 5 gives 3, dy has 4",
        "  - W: an input of 5 gives 3, dy has 4",
        "  fix: give dy the spatial shape [3, 3], or another inputSize or kernel",
      ],
    },
    {
      name: "without inputSize",
      make: () => conv2dInputGradient(zeros([1, 3, 4, 4]), zeros([3, 2, 3, 3]), {} as { inputSize: number }),
      error: "OptionError",
      message: [
        "[conv2dInputGradient] inputSize must be an integer of 1 or more, or one for each of [H, W]",
        "  dy: float32 [N=1, O=3, H=4, W=4]",
        "  weight: float32 [O=3, I=2, KH=3, KW=3]",
        "  - inputSize is undefined",
        "  fix: write inputSize: 1 or inputSize: [1, 1]",
      ],
    },
  ],
};
