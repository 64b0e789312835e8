/** Samples of `globalAvgPool2d`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { globalAvgPool2d } from "./global-avg-pool2d.ts";

export const samples: OpSamples = {
  op: "globalAvgPool2d",
  cases: [
    { name: "planes", inputs: [{ shape: [2, 3, 4, 5] }], call: (x) => globalAvgPool2d(x) },
    { name: "kept", inputs: [{ shape: [2, 3, 2, 2] }], call: (x) => globalAvgPool2d(x, { keepDims: true }) },
  ],
  errors: [
    {
      name: "a matrix",
      make: () => globalAvgPool2d(zeros([4, 5])),
      error: "ShapeError",
      message: [
        "[globalAvgPool2d] x must have 4 axes [N, C, H, W]",
        "  x: float32 [4, 5]",
        "  - x has rank 2",
        "  fix: x.reshape([1, 1, 4, 5]) for one image of one channel",
      ],
    },
  ],
};
