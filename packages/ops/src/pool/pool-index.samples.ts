/** Samples of `poolIndex`: indices that max-pooling did not make. */

import { type OpSamples, tensor } from "@prewitt/core";
import { maxPoolTake } from "./max-pool2d.ts";

export const samples: OpSamples = {
  op: "poolIndex",
  cases: [
    {
      name: "indices of one's own, −1 for no place",
      inputs: [
        { shape: [1, 1, 2, 3], values: [1, 2, 3, 4, 5, 6] },
        { shape: [1, 1, 1, 3], dtype: "int32", values: [5, -1, 0] },
      ],
      call: (x, index) => maxPoolTake(x, index, { kernel: [2, 1], inputSize: [2, 3] }),
      differentiable: [0],
      expected: [[6, 0, 1]],
    },
  ],
  errors: [
    {
      name: "outside the plane",
      make: () => {
        const index = tensor([[[[0, 6, 2]]]], { dtype: "int32" });
        return maxPoolTake(
          tensor([
            [
              [
                [1, 2, 3],
                [4, 5, 6],
              ],
            ],
          ]),
          index,
          { kernel: [2, 1], inputSize: [2, 3] },
        ).dataSync();
      },
      error: "IndexError",
      message: [
        "[maxPoolTake] index 6 at position [0, 0, 0, 1] is outside the H×W plane of 2 × 3",
        "  - index = 6, but −1 ≤ index < 6 is demanded",
        "  fix: keep indices in 0 … 5, row-major in each plane, or −1 for no place",
      ],
    },
  ],
};
