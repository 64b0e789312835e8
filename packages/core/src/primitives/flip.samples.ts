/** Samples of `flip`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { flip } from "./flip.ts";

export const samples: OpSamples = {
  op: "flip",
  cases: [
    {
      name: "one axis",
      inputs: [{ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }],
      call: (x) => flip(x, 1),
      expected: [[3, 2, 1, 6, 5, 4]],
      gradients: [[1, 1, 1, 1, 1, 1]],
    },
    {
      name: "two axes",
      inputs: [{ shape: [2, 3, 2] }],
      call: (x) => flip(x, [0, -1]),
    },
    {
      name: "twice",
      inputs: [{ shape: [4], values: [1, 2, 3, 4] }],
      call: (x) => flip(flip(x, 0), 0),
      expected: [[1, 2, 3, 4]],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 2] }],
      call: (x) => flip(x, 0),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "an axis that is not there",
      make: () => flip(zeros([2, 3]), 2),
      error: "ShapeError",
      message: ["[flip] axis 2 is no axis of a tensor of rank 2", "  x: [2, 3]", "  fix: use an integer from -2 to 1"],
    },
  ],
};
