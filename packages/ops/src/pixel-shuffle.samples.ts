/** Samples of `pixelShuffle`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { pixelShuffle } from "./pixel-shuffle.ts";

export const samples: OpSamples = {
  op: "pixelShuffle",
  cases: [
    {
      name: "four channels become a block of 2 × 2",
      inputs: [{ shape: [1, 4, 1, 2], values: [1, 2, 3, 4, 5, 6, 7, 8] }],
      call: (x) => pixelShuffle(x, 2),
      expected: [[1, 3, 2, 4, 5, 7, 6, 8]],
    },
    { name: "two images, factor 3", inputs: [{ shape: [2, 18, 2, 1] }], call: (x) => pixelShuffle(x, { factor: 3 }) },
    {
      name: "integers",
      inputs: [{ shape: [1, 4, 1, 1], dtype: "uint8", values: [1, 2, 3, 4] }],
      call: (x) => pixelShuffle(x, 2),
      expected: [[1, 2, 3, 4]],
    },
  ],
  errors: [
    {
      name: "channels that are no blocks",
      make: () => pixelShuffle(zeros([1, 6, 4, 4]), 2),
      error: "ShapeError",
      message: [
        "[pixelShuffle] 6 channels are no blocks of 2² = 4",
        "  x: float32 [N=1, C=6, H=4, W=4]",
        "  - C = 6 is not a multiple of 4",
        "  fix: give x C = 8",
      ],
    },
    {
      name: "half a pixel",
      make: () => pixelShuffle(zeros([1, 4, 4, 4]), 1.5),
      error: "OptionError",
      message: [
        "[pixelShuffle] factor must be a positive integer",
        "  x: float32 [N=1, C=4, H=4, W=4]",
        "  - factor is 1.5",
        "  fix: write factor: 2",
      ],
    },
  ],
};
