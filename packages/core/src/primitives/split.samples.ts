/** Samples of `split`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { split } from "./split.ts";

export const samples: OpSamples = {
  op: "split",
  cases: [
    {
      name: "equal parts",
      inputs: [{ shape: [4], values: [1, 2, 3, 4] }],
      call: (x) => split(x, 2),
      expected: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      name: "sizes",
      inputs: [{ shape: [2, 5] }],
      call: (x) => split(x, [1, 3, 1], 1),
    },
    {
      name: "parts used apart",
      inputs: [{ shape: [2, 4] }],
      call: (x) => {
        const [a, b] = split(x, 2, 1) as [Tensor, Tensor];
        return a.mul(b);
      },
    },
  ],
  errors: [
    {
      name: "parts that do not divide",
      make: () => split(zeros([2, 5]), 2, 1),
      error: "ShapeError",
      message: [
        "[split] axis 1 does not divide into 2 equal parts",
        "  x: float32 [2, 5]",
        "  - 5 / 2 = 2.5",
        "  fix: choose a divisor of the extent, or pass the sizes of the parts",
      ],
    },
    {
      name: "sizes that do not add up",
      make: () => split(zeros([2, 5]), [1, 3], 1),
      error: "ShapeError",
      message: [
        "[split] the sizes do not add up to the extent of axis 1",
        "  x: float32 [2, 5]",
        "  - 1 + 3 = 4, the extent is 5",
        "  fix: give sizes whose sum is 5",
      ],
    },
  ],
};
