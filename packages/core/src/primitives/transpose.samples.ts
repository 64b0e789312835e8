/** Samples of `transpose`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { transpose } from "./transpose.ts";

export const samples: OpSamples = {
  op: "transpose",
  cases: [
    {
      name: "reversed",
      inputs: [{ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }],
      call: (x) => transpose(x),
      expected: [[1, 4, 2, 5, 3, 6]],
      gradients: [[1, 1, 1, 1, 1, 1]],
    },
    {
      name: "an order",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => transpose(x, [1, 2, 0]),
    },
    {
      name: "negative axes",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => transpose(x, [0, -1, -2]),
    },
  ],
  errors: [
    {
      name: "an axis twice",
      make: () => transpose(zeros([2, 3]), [0, 0]),
      error: "ShapeError",
      message: [
        "[transpose] [0, 0] is not an order of the 2 axes",
        "  x: float32 [2, 3]",
        "  fix: name each axis from 0 to 1 once, e.g. [1, 0]",
      ],
    },
    {
      name: "too few axes",
      make: () => transpose(zeros([2, 3, 4]), [1, 0]),
      error: "ShapeError",
      message: [
        "[transpose] [1, 0] is not an order of the 3 axes",
        "  x: float32 [2, 3, 4]",
        "  fix: name each axis from 0 to 2 once, e.g. [2, 1, 0]",
      ],
    },
  ],
};
