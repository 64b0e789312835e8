/** Samples of `pixelUnshuffle`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { pixelUnshuffle } from "./pixel-shuffle.ts";

export const samples: OpSamples = {
  op: "pixelUnshuffle",
  cases: [
    {
      name: "blocks of 2 × 2 become four channels",
      inputs: [{ shape: [1, 1, 2, 4], values: [1, 3, 2, 4, 5, 7, 6, 8] }],
      call: (x) => pixelUnshuffle(x, 2),
      expected: [[1, 2, 3, 4, 5, 6, 7, 8]],
    },
    { name: "two images, factor 3", inputs: [{ shape: [2, 2, 6, 3] }], call: (x) => pixelUnshuffle(x, { factor: 3 }) },
  ],
  errors: [
    {
      name: "sizes that are no blocks",
      make: () => pixelUnshuffle(zeros([1, 1, 5, 7]), 2),
      error: "ShapeError",
      message: [
        "[pixelUnshuffle] the image does not fall into blocks of 2 × 2",
        "  x: float32 [N=1, C=1, H=5, W=7]",
        "  - H = 5 is not a multiple of 2",
        "  - W = 7 is not a multiple of 2",
        "  fix: pad or crop H to 6",
      ],
    },
  ],
};
