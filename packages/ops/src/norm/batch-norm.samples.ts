/** Samples of `batchNorm`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { batchNorm } from "./batch-norm.ts";

export const samples: OpSamples = {
  op: "batchNorm",
  cases: [
    {
      name: "images, with weight and bias: all three outputs",
      inputs: [{ shape: [3, 2, 2, 2] }, { shape: [2], domain: [0.5, 2] }, { shape: [2] }],
      call: (x, weight, bias) => {
        const { y, mean, inverseStd } = batchNorm(x, { weight, bias });
        return [y, mean, inverseStd];
      },
    },
    { name: "without weight and bias", inputs: [{ shape: [4, 3] }], call: (x) => batchNorm(x, { eps: 0.01 }).y },
    {
      name: "with weight alone",
      inputs: [{ shape: [3, 2, 2] }, { shape: [2], domain: [0.5, 2] }],
      call: (x, weight) => batchNorm(x, { weight }).y,
    },
    {
      name: "the inverse standard deviation alone",
      inputs: [{ shape: [4, 2] }],
      call: (x) => batchNorm(x).inverseStd,
    },
    {
      name: "known values",
      inputs: [{ shape: [2, 1], values: [1, 5] }],
      call: (x) => {
        const { y, mean, inverseStd } = batchNorm(x, { eps: 0 });
        return [y, mean, inverseStd];
      },
      differentiable: [], // those of y are exactly 0: only rounding noise is left to compare
      expected: [[-1, 1], [3], [0.5]],
      gradients: [[0, 0]],
    },
  ],
  errors: [
    {
      name: "one value a channel",
      make: () => batchNorm(zeros([1, 8, 1, 1])),
      error: "ShapeError",
      message: [
        "[batchNorm] batch statistics need more than one value a channel",
        "  x: float32 [N=1, C=8, H=1, W=1]",
        "  - N × H × W = 1: the variance would be 0",
        "  fix: use a batch of 2 or more, or the running statistics (evaluation mode)",
      ],
    },
    {
      name: "weight and bias of other channels",
      make: () => batchNorm(zeros([4, 8, 2, 2]), { weight: zeros([4]), bias: zeros([8], { dtype: "float64" }) }),
      error: "ShapeError",
      message: [
        "[batchNorm] weight does not fit",
        "  x: float32 [N=4, C=8, H=2, W=2]",
        "  weight: float32 [C=4]",
        "  bias: float64 [C=8]",
        "  - weight has the shape [4], [C] = [8] is needed",
        "  - bias is float64, x is float32",
        "  fix: give weight the shape [8]",
      ],
    },
    {
      name: "a vector",
      make: () => batchNorm(zeros([8])),
      error: "ShapeError",
      message: [
        "[batchNorm] x must have the axes [N, C, …]",
        "  x: float32 [8]",
        "  - x has rank 1",
        "  fix: x.unsqueeze(0) for a batch of one",
      ],
    },
    {
      name: "bytes",
      make: () => batchNorm(zeros([8, 3, 4, 4], { dtype: "uint8" })),
      error: "DTypeError",
      message: [
        "[batchNorm] x must be float32 or float64",
        "  x: uint8 [N=8, C=3, H=4, W=4]",
        "  - x is uint8",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "a negative eps",
      make: () => batchNorm(zeros([8, 3]), { eps: -1 }),
      error: "OptionError",
      message: [
        "[batchNorm] eps must be a number of 0 or more",
        "  x: float32 [N=8, C=3]",
        "  - eps is -1",
        "  fix: write eps: 1e-5",
      ],
    },
  ],
};
