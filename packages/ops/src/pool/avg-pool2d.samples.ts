/** Samples of `avgPool2d`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { avgPool2d } from "./avg-pool2d.ts";

export const samples: OpSamples = {
  op: "avgPool2d",
  cases: [
    { name: "2×2", inputs: [{ shape: [2, 2, 4, 6] }], call: (x) => avgPool2d(x, 2) },
    {
      name: "3×3, stride 2, padding 1",
      inputs: [{ shape: [1, 2, 5, 6] }],
      call: (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1 }),
    },
    {
      name: "asymmetric padding that does not count, ceil mode",
      inputs: [{ shape: [1, 2, 6, 5] }],
      call: (x) =>
        avgPool2d(x, {
          kernel: [2, 3],
          stride: 2,
          padding: [
            [1, 0],
            [0, 1],
          ],
          ceilMode: true,
          countIncludePad: false,
        }), // prettier-ignore
    },
    {
      name: "dilation 2",
      inputs: [{ shape: [1, 1, 5, 5] }],
      call: (x) => avgPool2d(x, { kernel: 2, stride: 1, dilation: 2 }),
    },
    {
      name: "padding that counts",
      inputs: [{ shape: [1, 1, 2, 2], values: [4, 8, 12, 16] }],
      call: (x) => avgPool2d(x, { kernel: 2, padding: 1 }),
      expected: [[1, 2, 3, 4]],
      gradients: [[0.25, 0.25, 0.25, 0.25]],
    },
    {
      name: "padding that does not",
      inputs: [{ shape: [1, 1, 2, 2], values: [4, 8, 12, 16] }],
      call: (x) => avgPool2d(x, { kernel: 2, padding: 1, countIncludePad: false }),
      expected: [[4, 8, 12, 16]],
      gradients: [[1, 1, 1, 1]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => avgPool2d(zeros([1, 1, 4, 4], { dtype: "uint8" }), 2),
      error: "DTypeError",
      message: [
        "[avgPool2d] x must be float32 or float64",
        "  x: uint8 [N=1, C=1, H=4, W=4]",
        "  - x is uint8",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "a flag that is none, and a kernel of 0",
      make: () => avgPool2d(zeros([1, 1, 4, 4]), { kernel: 0, countIncludePad: 1 as unknown as boolean }),
      error: "OptionError",
      message: [
        "[avgPool2d] kernel must be an integer of 1 or more, or one for each of [H, W]",
        "  x: float32 [N=1, C=1, H=4, W=4]",
        "  - kernel is 0",
        "  - countIncludePad is 1",
        "  fix: write kernel: 1 or kernel: [1, 1]",
      ],
    },
  ],
};
