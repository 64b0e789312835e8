/** Samples of `eye`. */

import type { OpSamples } from "../graph/samples.ts";
import { eye } from "./eye.ts";

export const samples: OpSamples = {
  op: "eye",
  cases: [
    {
      name: "floats",
      inputs: [],
      call: () => eye(2),
      expected: [[1, 0, 0, 1]],
    },
    {
      name: "bool",
      inputs: [],
      call: () => eye(2, { dtype: "bool" }),
      expected: [[1, 0, 0, 1]],
    },
  ],
  errors: [
    {
      name: "a negative size",
      make: () => eye(-1),
      error: "ShapeError",
      message: ["[eye] a matrix cannot have -1 rows", "  fix: pass an integer of 0 or more"],
    },
  ],
};
