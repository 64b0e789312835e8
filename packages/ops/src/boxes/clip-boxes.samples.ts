/** Samples of `clipBoxes`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { type ClipBoxesOptions, clipBoxes } from "./clip-boxes.ts";

export const samples: OpSamples = {
  op: "clipBoxes",
  cases: [
    {
      name: "inside, across and outside",
      inputs: [{ shape: [3, 4], values: [1, 2, 3, 4, -2, -3, 30, 20, 40, 50, 60, 70] }],
      call: (b) => clipBoxes(b, { height: 10, width: 20 }),
      differentiable: [],
      expected: [[1, 2, 3, 4, 0, 0, 20, 10, 20, 10, 20, 10]],
      gradients: [[1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "no width",
      make: () => clipBoxes(zeros([3, 4]), { height: 10 } as ClipBoxesOptions),
      error: "OptionError",
      message: [
        "[clipBoxes] width must be a number above 0",
        "  boxes: float32 [3, 4]",
        "  - width is null",
        "  fix: write width: 480",
      ],
    },
  ],
};
