/** Samples of `boxIou`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { boxIou } from "./box-iou.ts";

export const samples: OpSamples = {
  op: "boxIou",
  cases: [
    {
      name: "same, half, corner, apart",
      inputs: [
        { shape: [2, 4], values: [0, 0, 2, 2, 5, 5, 7, 6] },
        { shape: [3, 4], values: [0, 0, 2, 2, 1, 0, 3, 2, 5, 5, 6, 6] },
      ],
      call: (a, b) => boxIou(a, b),
      differentiable: [],
      expected: [[1, 1 / 3, 0, 0, 0, 0.5]],
    },
    {
      name: "differentiable where they overlap",
      inputs: [
        { shape: [2, 4], values: [0, 0, 2, 2, 0.25, 0.5, 3, 4] },
        { shape: [1, 4], values: [0.5, 0.75, 2.5, 1.5] },
      ],
      call: (a, b) => boxIou(a, b),
    },
    {
      name: "two boxes without area",
      inputs: [
        { shape: [1, 4], values: [1, 1, 1, 1] },
        { shape: [1, 4], values: [1, 1, 1, 1] },
      ],
      call: (a, b) => boxIou(a, b),
      differentiable: [],
      expected: [[0]],
      gradients: [[0, 0, 0, 0], null],
    },
  ],
  errors: [
    {
      name: "boxes in batches",
      make: () => boxIou(zeros([2, 3, 4]), zeros([3, 4])),
      error: "ShapeError",
      message: [
        "[boxIou] a must be [N, 4] and b [M, 4], of one dtype",
        "  a: float32 [2, 3, 4]",
        "  b: float32 [3, 4]",
        "  fix: reshape both to lists of boxes",
      ],
    },
  ],
};
