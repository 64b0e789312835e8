/** Samples of `reshape`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { reshape } from "./reshape.ts";

export const samples: OpSamples = {
  op: "reshape",
  cases: [
    {
      name: "a matrix",
      inputs: [{ shape: [2, 3] }],
      call: (x) => reshape(x, [3, 2]),
    },
    {
      name: "an open extent",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => reshape(x, [-1, 6]),
    },
    {
      name: "to a scalar",
      inputs: [{ shape: [1, 1] }],
      call: (x) => reshape(x, []),
    },
    {
      name: "of a transposed tensor",
      inputs: [{ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }],
      call: (x) => reshape(x.transpose(), [6]),
      expected: [[1, 4, 2, 5, 3, 6]],
      gradients: [[1, 1, 1, 1, 1, 1]],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => reshape(x, [3, 0]),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "another size",
      make: () => reshape(zeros([2, 3]), [4, 2]),
      error: "ShapeError",
      message: [
        "[reshape] cannot reshape to [4, 2]",
        "  x: float32 [2, 3]",
        "  - 6 elements do not fill [4, 2]",
        "  fix: choose extents whose product is 6",
      ],
    },
    {
      name: "an extent that does not divide",
      make: () => reshape(zeros([2, 3]), [4, -1]),
      error: "ShapeError",
      message: [
        "[reshape] cannot reshape to [4, -1]",
        "  x: float32 [2, 3]",
        "  - 6 elements do not fill [4, -1]",
        "  fix: choose extents whose product is 6",
      ],
    },
    {
      name: "two open extents",
      make: () => reshape(zeros([2, 3]), [-1, -1]),
      error: "ShapeError",
      message: [
        "[reshape] cannot reshape to [-1, -1]",
        "  x: float32 [2, 3]",
        "  - 6 elements do not fill [-1, -1]",
        "  - only one extent may be −1",
        "  fix: choose extents whose product is 6",
      ],
    },
  ],
};
