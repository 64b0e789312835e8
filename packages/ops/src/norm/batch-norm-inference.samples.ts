/** Samples of `batchNormInference`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { type BatchNormInferenceOptions, batchNormInference } from "./batch-norm.ts";

export const samples: OpSamples = {
  op: "batchNormInference",
  cases: [
    {
      name: "images",
      inputs: [
        { shape: [2, 3, 2, 2] },
        { shape: [3] },
        { shape: [3], domain: [0.5, 2] },
        { shape: [3] },
        { shape: [3] },
      ],
      call: (x, mean, variance, weight, bias) => batchNormInference(x, { mean, variance, weight, bias }),
    },
    {
      name: "known values",
      inputs: [
        { shape: [2, 1], values: [1, 5] },
        { shape: [1], values: [3] },
        { shape: [1], values: [4] },
      ],
      call: (x, mean, variance) => batchNormInference(x, { mean, variance, eps: 0 }),
      expected: [[-1, 1]],
      gradients: [[0.5, 0.5], [-1], [0]],
    },
  ],
  errors: [
    {
      name: "statistics of other channels",
      make: () => batchNormInference(zeros([2, 3, 4, 4]), { mean: zeros([4]), variance: zeros([4]) }),
      error: "ShapeError",
      message: [
        "[batchNormInference] mean does not fit",
        "  x: float32 [N=2, C=3, H=4, W=4]",
        "  - mean has the shape [4], [C] = [3] is needed",
        "  - variance has the shape [4], [C] = [3] is needed",
        "  fix: give mean the shape [3]",
      ],
    },
    {
      name: "no statistics",
      make: () => batchNormInference(zeros([2, 3, 4, 4]), {} as BatchNormInferenceOptions),
      error: "OptionError",
      message: [
        "[batchNormInference] mean and variance are needed",
        "  x: float32 [N=2, C=3, H=4, W=4]",
        "  - missing: mean",
        "  fix: pass the running statistics, or use batchNorm for those of the batch",
      ],
    },
  ],
};
