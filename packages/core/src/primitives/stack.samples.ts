/** Samples of `stack`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { stack } from "./stack.ts";

export const samples: OpSamples = {
  op: "stack",
  cases: [
    {
      name: "in front",
      inputs: [{ shape: [2, 3] }, { shape: [2, 3] }],
      call: (a, b) => stack([a, b]),
    },
    {
      name: "behind",
      inputs: [
        { shape: [2], values: [1, 2] },
        { shape: [2], values: [3, 4] },
      ],
      call: (a, b) => stack([a, b], -1),
      expected: [[1, 3, 2, 4]],
      gradients: [
        [1, 1],
        [1, 1],
      ],
    },
    {
      name: "scalars",
      inputs: [
        { shape: [], values: [1] },
        { shape: [], values: [2] },
      ],
      call: (a, b) => stack([a, b]),
      expected: [[1, 2]],
    },
  ],
  errors: [
    {
      name: "nothing",
      make: () => stack([]),
      error: "ShapeError",
      message: ["[stack] there is nothing to stack", "  fix: pass at least one tensor"],
    },
    {
      name: "shapes that differ",
      make: () => stack([zeros([2]), zeros([3])]),
      error: "ShapeError",
      message: [
        "[stack] shapes differ",
        "  - input 1 is [3], input 0 is [2]",
        "  fix: make the shapes equal, or use concat along an axis that may differ",
      ],
    },
  ],
};
