/** Samples of `maxPoolGrad`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { maxPoolGrad } from "./max-pool2d.ts";

export const samples: OpSamples = {
  op: "maxPoolGrad",
  cases: [
    {
      name: "windows that share a maximum, and one without",
      inputs: [
        { shape: [1, 1, 2, 2], values: [1, 2, 4, 8] },
        { shape: [1, 1, 2, 2], dtype: "int32", values: [4, 4, 4, -1] },
      ],
      call: (dy, index) => maxPoolGrad(dy, index, { kernel: 2, stride: 1, inputSize: 3 }),
      expected: [[0, 0, 0, 0, 7, 0, 0, 0, 0]],
      gradients: [[1, 1, 1, 0], null],
    },
    {
      name: "two planes",
      inputs: [{ shape: [1, 2, 1, 2] }, { shape: [1, 2, 1, 2], dtype: "int32", values: [4, 3, 0, 7] }],
      call: (dy, index) => maxPoolGrad(dy, index, { kernel: 2, inputSize: [2, 4] }),
    },
  ],
  errors: [
    {
      name: "an index of floats, of another shape",
      make: () => maxPoolGrad(zeros([1, 1, 2, 2]), zeros([1, 1, 2, 3]), { kernel: 2, inputSize: 4 }),
      error: "DTypeError",
      message: [
        "[maxPoolGrad] index must be the int32 index of maxPool2dWithIndex",
        "  dy: float32 [N=1, C=1, H=2, W=2]",
        "  index: float32 [N=1, C=1, H=2, W=3]",
        "  - index is float32",
        "  - index has the shape [1, 1, 2, 3], [1, 1, 2, 2] is needed",
        "  fix: pass the index of maxPool2dWithIndex",
      ],
    },
    {
      name: "another input size",
      make: () =>
        maxPoolGrad(zeros([1, 1, 2, 2]), zeros([1, 1, 2, 2], { dtype: "int32" }), { kernel: 2, inputSize: [4, 6] }),
      error: "ShapeError",
      message: [
        "[maxPoolGrad] dy is not an output of this pooling",
        "  dy: float32 [N=1, C=1, H=2, W=2]",
        "  index: int32 [N=1, C=1, H=2, W=2]",
        "  - W: an input of 6 gives 3, dy has 2",
        "  fix: give dy the spatial shape [2, 3], or another inputSize",
      ],
    },
  ],
};
