/** Samples of `avgPoolGrad`, which is reached as the gradient of `avgPool2d`. */

import { type OpSamples, vjp, zeros } from "@prewitt/core";
import { type AvgPool2dOptions, avgPool2d, avgPoolGradOp } from "./avg-pool2d.ts";

/** The gradient in an input of extents [h, w], as a function of the cotangent. */
function pull(h: number, w: number, options: AvgPool2dOptions) {
  return (dy: Parameters<typeof avgPool2d>[0]) => {
    const x = zeros([dy.shape[0] as number, dy.shape[1] as number, h, w], { dtype: dy.dtype });
    return vjp((image) => avgPool2d(image as typeof x, options), x)[1](dy as never) as typeof dy;
  };
}

export const samples: OpSamples = {
  op: "avgPoolGrad",
  cases: [
    { name: "2×2", inputs: [{ shape: [2, 2, 2, 2] }], call: pull(4, 5, { kernel: 2 }) },
    {
      name: "overlapping windows",
      inputs: [{ shape: [1, 1, 2, 2], values: [4, 8, 12, 16] }],
      call: pull(3, 3, { kernel: 2, stride: 1 }),
      expected: [[1, 3, 2, 4, 10, 6, 3, 7, 4]],
      gradients: [[1, 1, 1, 1]],
    },
    {
      name: "asymmetric padding that does not count",
      inputs: [{ shape: [1, 2, 3, 2] }],
      call: pull(5, 4, {
        kernel: 3,
        stride: 2,
        padding: [
          [1, 1],
          [0, 2],
        ],
        countIncludePad: false,
      }), // prettier-ignore
    },
  ],
  errors: [
    {
      name: "not an output of this pooling",
      make: () =>
        avgPoolGradOp.apply([zeros([1, 1, 3, 3])], {
          kernel: [2, 2],
          stride: [2, 2],
          padding: "valid",
          dilation: [1, 1],
          ceilMode: false,
          countIncludePad: true,
          inputSize: [4, 4],
        }),
      error: "ShapeError",
      message: [
        "[avgPoolGrad] dy is not an output of this pooling",
        "  dy: float32 [N=1, C=1, H=3, W=3]",
        "  - H: an input of 4 gives 2, dy has 3",
        "  - W: an input of 4 gives 2, dy has 3",
        "  fix: give dy the spatial shape [2, 2], or another inputSize",
      ],
    },
  ],
};
