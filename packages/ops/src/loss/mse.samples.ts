/** Samples of `mse`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { mse } from "./mse.ts";

export const samples: OpSamples = {
  op: "mse",
  cases: [
    { name: "mean", inputs: [{ shape: [2, 3] }, { shape: [2, 3] }], call: (p, t) => mse(p, t) },
    { name: "sum", inputs: [{ shape: [2, 3] }, { shape: [2, 3] }], call: (p, t) => mse(p, t, { reduction: "sum" }) },
    { name: "none", inputs: [{ shape: [2, 3] }, { shape: [2, 3] }], call: (p, t) => mse(p, t, { reduction: "none" }) },
    {
      name: "known values",
      inputs: [
        { shape: [2], values: [3, 5] },
        { shape: [2], values: [1, 5] },
      ],
      call: (p, t) => mse(p, t),
      expected: [[2]],
      gradients: [
        [2, 0],
        [-2, 0],
      ],
    },
  ],
  errors: [
    {
      name: "a column against a row",
      make: () => mse(zeros([4, 1]), zeros([4])),
      error: "ShapeError",
      message: [
        "[mse] prediction and target must have one shape",
        "  prediction: float32 [4, 1]",
        "  target: float32 [4]",
        "  - prediction has [4, 1], target has [4]",
        "  fix: target.reshape([4, 1])",
      ],
    },
    {
      name: "integers",
      make: () => mse(zeros([4]), zeros([4], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[mse] prediction and target must have one float dtype",
        "  prediction: float32 [4]",
        "  target: int32 [4]",
        "  - prediction is float32, target is int32",
        '  fix: target.cast("float32")',
      ],
    },
    {
      name: "an unknown reduction",
      make: () => mse(zeros([4]), zeros([4]), { reduction: "average" as "mean" }),
      error: "OptionError",
      message: [
        '[mse] reduction must be "mean", "sum" or "none"',
        "  prediction: float32 [4]",
        "  target: float32 [4]",
        '  - reduction is "average"',
        '  fix: write reduction: "mean"',
      ],
    },
  ],
};
