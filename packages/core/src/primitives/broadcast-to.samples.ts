/** Samples of `broadcastTo`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { broadcastTo } from "./broadcast-to.ts";

export const samples: OpSamples = {
  op: "broadcastTo",
  cases: [
    {
      name: "an axis",
      inputs: [{ shape: [2, 1], values: [1, 2] }],
      call: (x) => broadcastTo(x, [2, 3]),
      expected: [[1, 1, 1, 2, 2, 2]],
      gradients: [[3, 3]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [] }],
      call: (x) => broadcastTo(x, [2, 3]),
    },
    {
      name: "two axes",
      inputs: [{ shape: [1, 3, 1] }],
      call: (x) => broadcastTo(x, [2, 3, 4]),
    },
    {
      name: "to no elements",
      inputs: [{ shape: [1, 3] }],
      call: (x) => broadcastTo(x, [0, 3]),
      differentiable: [],
      expected: [[]],
      gradients: [[0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "an extent that differs",
      make: () => broadcastTo(zeros([2, 3]), [4, 3]),
      error: "ShapeError",
      message: [
        "[broadcastTo] [2, 3] does not stretch to [4, 3]",
        "  x: float32 [2, 3]",
        "  - axis 0: 2 against 4",
        "  fix: only axes of size 1 stretch, at equal rank; reshape first",
      ],
    },
    {
      name: "another rank",
      make: () => broadcastTo(zeros([3]), [2, 3]),
      error: "ShapeError",
      message: [
        "[broadcastTo] [3] does not stretch to [2, 3]",
        "  x: float32 [3]",
        "  - rank 1 against 2",
        "  fix: only axes of size 1 stretch, at equal rank; reshape first",
      ],
    },
  ],
};
