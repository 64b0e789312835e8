/** Samples of `adaptiveMaxPool2d`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { distinct } from "../sample-values.ts";
import { adaptiveMaxPool2d } from "./adaptive-max-pool2d.ts";

export const samples: OpSamples = {
  op: "adaptiveMaxPool2d",
  cases: [
    {
      name: "5 to 3 columns: windows 0–1, 1–3, 3–4",
      inputs: [{ shape: [1, 1, 1, 5], values: [1, 2, 3, 7, 5] }],
      call: (x) => adaptiveMaxPool2d(x, [1, 3]),
      expected: [[2, 7, 7]],
      gradients: [[0, 1, 0, 2, 0]],
    },
    {
      name: "ties go to the first, in row-major order",
      inputs: [{ shape: [1, 1, 3, 3], values: [0, 4, 4, 4, 4, 4, 4, 4, 4] }],
      call: (x) => adaptiveMaxPool2d(x, 2),
      differentiable: [],
      expected: [[4, 4, 4, 4]],
      gradients: [[0, 2, 0, 1, 1, 0, 0, 0, 0]],
    },
    {
      name: "1×1",
      inputs: [{ shape: [2, 3, 3, 4], values: distinct(72) }],
      call: (x) => adaptiveMaxPool2d(x, 1),
    },
    {
      name: "6×4 to 3×2: a pool",
      inputs: [{ shape: [2, 1, 6, 4], values: distinct(48) }],
      call: (x) => adaptiveMaxPool2d(x, [3, 2]),
    },
    {
      name: "5×7 to 3×4",
      inputs: [{ shape: [1, 2, 5, 7], values: distinct(70) }],
      call: (x) => adaptiveMaxPool2d(x, { size: [3, 4] }),
    },
    {
      name: "5 to 3 rows, all 4 columns",
      inputs: [{ shape: [1, 2, 5, 4], values: distinct(40) }],
      call: (x) => adaptiveMaxPool2d(x, [3, null]),
    },
    {
      name: "integers, larger than the input",
      inputs: [{ shape: [1, 1, 1, 2], dtype: "int32", values: [3, 1] }],
      call: (x) => adaptiveMaxPool2d(x, [1, 3]),
      expected: [[3, 3, 1]],
    },
  ],
  errors: [
    {
      name: "an empty image",
      make: () => adaptiveMaxPool2d(zeros([1, 3, 0, 8]), 2),
      error: "ShapeError",
      message: [
        "[adaptiveMaxPool2d] the image is empty",
        "  x: float32 [N=1, C=3, H=0, W=8]",
        "  - [H, W] = [0, 8]",
        "  fix: give the image at least 1 row and 1 column",
      ],
    },
    {
      name: "truth values",
      make: () => adaptiveMaxPool2d(zeros([1, 3, 8, 8], { dtype: "bool" }), 2),
      error: "DTypeError",
      message: [
        "[adaptiveMaxPool2d] adaptiveMaxPool2d does not take bool",
        "  x: bool [N=1, C=3, H=8, W=8]",
        "  - x is bool",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
