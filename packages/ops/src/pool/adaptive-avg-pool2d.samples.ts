/** Samples of `adaptiveAvgPool2d`. */

import { type OpSamples, zeros } from "@prewitt/core";
import type { AdaptiveSize } from "./adaptive.ts";
import { adaptiveAvgPool2d } from "./adaptive-avg-pool2d.ts";

export const samples: OpSamples = {
  op: "adaptiveAvgPool2d",
  cases: [
    {
      name: "5 to 3 columns: windows 0–1, 1–3, 3–4",
      inputs: [{ shape: [1, 1, 1, 5], values: [1, 2, 3, 7, 5] }],
      call: (x) => adaptiveAvgPool2d(x, [1, 3]),
      expected: [[1.5, 4, 6]],
      gradients: [[1 / 2, 1 / 2 + 1 / 3, 1 / 3, 1 / 3 + 1 / 2, 1 / 2]],
    },
    { name: "1×1", inputs: [{ shape: [2, 3, 3, 4] }], call: (x) => adaptiveAvgPool2d(x, 1) },
    { name: "6×4 to 3×2: a pool", inputs: [{ shape: [2, 3, 6, 4] }], call: (x) => adaptiveAvgPool2d(x, [3, 2]) },
    { name: "10 to 3: overlapping", inputs: [{ shape: [1, 2, 10, 1] }], call: (x) => adaptiveAvgPool2d(x, [3, null]) },
    { name: "5×7 to 3×4", inputs: [{ shape: [2, 3, 5, 7] }], call: (x) => adaptiveAvgPool2d(x, { size: [3, 4] }) },
    {
      name: "larger than the input: cells repeat",
      inputs: [{ shape: [1, 1, 1, 2], values: [1, 3] }],
      call: (x) => adaptiveAvgPool2d(x, [1, 3]),
      expected: [[1, 2, 3]],
      gradients: [[1.5, 1.5]],
    },
  ],
  errors: [
    {
      name: "a size of 0",
      make: () => adaptiveAvgPool2d(zeros([1, 3, 8, 8]), 0),
      error: "OptionError",
      message: [
        "[adaptiveAvgPool2d] size must be an integer of 1 or more, or one (or null, to keep the extent) for each of [H, W]",
        "  x: float32 [N=1, C=3, H=8, W=8]",
        "  - size is 0",
        "  fix: write 7, or [7, null]",
      ],
    },
    {
      name: "an option under another name",
      make: () => adaptiveAvgPool2d(zeros([1, 3, 8, 8]), { outputSize: 7 } as unknown as AdaptiveSize),
      error: "OptionError",
      message: [
        '[adaptiveAvgPool2d] unknown option "outputSize"',
        "  - known options: size",
        '  fix: remove "outputSize"',
      ],
    },
    {
      name: "integers without a batch",
      make: () => adaptiveAvgPool2d(zeros([3, 8, 8], { dtype: "int32" }), 1),
      error: "DTypeError",
      message: [
        "[adaptiveAvgPool2d] x must be float32 or float64",
        "  x: int32 [3, 8, 8]",
        "  - x is int32",
        "  - x has rank 3",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
