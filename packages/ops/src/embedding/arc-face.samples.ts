/** Samples of `arcFace`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { arcFace } from "./arc-face.ts";

const labels = { shape: [3], dtype: "int32", values: [2, 0, 3] } as const;

export const samples: OpSamples = {
  op: "arcFace",
  cases: [
    {
      name: "margin and scale",
      inputs: [{ shape: [3, 4], domain: [-0.8, 0.8] }, labels],
      call: (c, y) => arcFace(c, y, { scale: 2 }),
    },
    {
      name: "beyond π − m",
      inputs: [{ shape: [3, 4], domain: [-0.99, -0.9] }, labels],
      call: (c, y) => arcFace(c, y, { margin: 0.5, scale: 1 }),
    },
    {
      name: "cosines of 0 and ±1, and past them by rounding",
      inputs: [
        { shape: [4, 2], values: [0, 0.5, 1, 0.5, -1, 0.5, 1.0000001, -1.0000001] },
        { shape: [4], dtype: "int32", values: [0, 0, 0, 0] },
      ],
      call: (c, y) => arcFace(c, y, { margin: Math.PI / 6, scale: 1 }),
      differentiable: [],
      expected: [
        [
          -0.5,
          0.5,
          Math.sqrt(0.75) - 0.0005,
          0.5,
          -1 - Math.PI / 12,
          0.5,
          1.0000001 * Math.sqrt(0.75) - 0.0005,
          -1.0000001,
        ],
      ],
      gradients: [[Math.sqrt(0.75), 1, Math.sqrt(0.75), 1, 1, 1, Math.sqrt(0.75), 1], null],
    },
  ],
  errors: [
    {
      name: "float labels",
      make: () => arcFace(zeros([4, 3]), zeros([4])),
      error: "DTypeError",
      message: [
        "[arcFace] labels must be class indices (int32, uint8)",
        "  cosines: float32 [N=4, C=3]",
        "  labels: float32 [N=4]",
        "  - labels are float32",
        '  fix: labels.cast("int32")',
      ],
    },
    {
      name: "a label too few",
      make: () => arcFace(zeros([4, 3]), zeros([3], { dtype: "int32" })),
      error: "ShapeError",
      message: [
        "[arcFace] cosines must be [N, C] and labels [N]",
        "  cosines: float32 [N=4, C=3]",
        "  labels: int32 [N=3]",
        "  - cosines have [4, 3], labels have [3]",
        "  fix: give cosines one row a label and one column a class",
      ],
    },
    {
      name: "options out of range",
      make: () => arcFace(zeros([4, 3]), zeros([4], { dtype: "int32" }), { margin: 3, scale: 0 }),
      error: "OptionError",
      message: [
        "[arcFace] margin must be a number from 0 to 1.5707963267948966",
        "  cosines: float32 [N=4, C=3]",
        "  labels: int32 [N=4]",
        "  - margin is 3",
        "  - scale is 0",
        "  fix: write margin: 0.5",
      ],
    },
  ],
};
