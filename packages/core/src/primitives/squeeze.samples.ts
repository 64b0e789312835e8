/** Samples of `squeeze`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { squeeze } from "./squeeze.ts";

export const samples: OpSamples = {
  op: "squeeze",
  cases: [
    {
      name: "all axes of size 1",
      inputs: [{ shape: [1, 3, 1] }],
      call: (x) => squeeze(x),
    },
    {
      name: "one of them",
      inputs: [{ shape: [1, 3, 1], values: [1, 2, 3] }],
      call: (x) => squeeze(x, -1),
      expected: [[1, 2, 3]],
    },
  ],
  errors: [
    {
      name: "a larger axis",
      make: () => squeeze(zeros([1, 3]), 1),
      error: "ShapeError",
      message: [
        "[squeeze] only axes of size 1 can be removed",
        "  x: float32 [1, 3]",
        "  - axis 1 has size 3",
        "  fix: reduce the axis, or slice one element of it",
      ],
    },
  ],
};
