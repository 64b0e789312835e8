/** Samples of `iota`. */

import type { OpSamples } from "../graph/samples.ts";
import { iota } from "./iota.ts";

export const samples: OpSamples = {
  op: "iota",
  cases: [
    {
      name: "an axis",
      inputs: [],
      call: () => iota([2, 3], 1),
      expected: [[0, 1, 2, 0, 1, 2]],
    },
    {
      name: "all axes",
      inputs: [],
      call: () => iota([2, 3]),
      expected: [[0, 1, 2, 3, 4, 5]],
    },
    {
      name: "two of three axes",
      inputs: [],
      call: () => iota([2, 2, 3], [0, 2]),
      expected: [[0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]],
    },
  ],
  errors: [
    {
      name: "an axis that is not there",
      make: () => iota([2, 3], 2),
      error: "ShapeError",
      message: ["[iota] axis 2 is no axis of a tensor of rank 2", "  x: [2, 3]", "  fix: use an integer from -2 to 1"],
    },
  ],
};
