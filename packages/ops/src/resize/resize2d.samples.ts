/** Samples of `resize2d`: each way of computing it, small. */

import { type OpSamples, zeros } from "@prewitt/core";
import { resize2d } from "./resize2d.ts";

const image = { shape: [2, 3, 3, 4] } as const;

export const samples: OpSamples = {
  op: "resize2d",
  cases: [
    {
      name: "nearest, twice as large",
      inputs: [{ shape: [1, 1, 1, 2], values: [1, 2] }],
      call: (x) => resize2d(x, { scale: 2 }),
      expected: [[1, 1, 2, 2, 1, 1, 2, 2]],
      gradients: [[4, 4]],
    },
    { name: "nearest, factors 2 and 3", inputs: [image], call: (x) => resize2d(x, { scale: [2, 3] }) },
    { name: "nearest, half the rows, all columns", inputs: [image], call: (x) => resize2d(x, { scale: [0.5, 1] }) },
    {
      name: "nearest, 3 to 5 columns: cell ⌊3 p / 5⌋",
      inputs: [{ shape: [1, 1, 1, 3], values: [1, 2, 3] }],
      call: (x) => resize2d(x, { size: [1, 5] }),
      expected: [[1, 1, 2, 2, 3]],
      gradients: [[2, 2, 1]],
    },
    {
      name: "nearest, integers",
      inputs: [{ shape: [1, 1, 2, 2], dtype: "int32", values: [1, 2, 3, 4] }],
      call: (x) => resize2d(x, { size: [2, 4] }),
      expected: [[1, 1, 2, 2, 3, 3, 4, 4]],
    },
    {
      name: "bilinear, twice as wide: a quarter of the neighbour, edges repeated",
      inputs: [{ shape: [1, 1, 1, 2], values: [1, 3] }],
      call: (x) => resize2d(x, { scale: [1, 2], mode: "bilinear" }),
      expected: [[1, 1.5, 2.5, 3]],
      gradients: [[2, 2]],
    },
    {
      name: "bilinear, corners aligned",
      inputs: [{ shape: [1, 1, 1, 2], values: [0, 3] }],
      call: (x) => resize2d(x, { size: [1, 4], mode: "bilinear", alignCorners: true }),
      expected: [[0, 1, 2, 3]],
      gradients: [[2, 2]],
    },
    {
      name: "bilinear, corners aligned, one row of several",
      inputs: [{ shape: [1, 1, 3, 1], values: [5, 6, 7] }],
      call: (x) => resize2d(x, { size: 1, mode: "bilinear", alignCorners: true }),
      expected: [[5]],
      gradients: [[1, 0, 0]],
    },
    { name: "bilinear, factor 2", inputs: [image], call: (x) => resize2d(x, { scale: 2, mode: "bilinear" }) },
    { name: "bilinear, factor 3", inputs: [image], call: (x) => resize2d(x, { scale: 3, mode: "bilinear" }) },
    {
      name: "bilinear, factors 5 and 4",
      inputs: [image],
      call: (x) => resize2d(x, { scale: [5, 4], mode: "bilinear" }),
    },
    { name: "bilinear, 3×4 to 5×3", inputs: [image], call: (x) => resize2d(x, { size: [5, 3], mode: "bilinear" }) },
    {
      name: "bilinear, factor 2 along H, other along W",
      inputs: [image],
      call: (x) => resize2d(x, { size: [6, 7], mode: "bilinear" }),
    },
    {
      name: "bilinear, a scale of 1.7",
      inputs: [image],
      call: (x) => resize2d(x, { scale: 1.7, mode: "bilinear" }),
    },
    {
      name: "bilinear, 3×4 to 6×8, corners aligned",
      inputs: [image],
      call: (x) => resize2d(x, { scale: 2, mode: "bilinear", alignCorners: true }),
    },
    {
      name: "bilinear, a half and a third: slices",
      inputs: [{ shape: [1, 2, 5, 6] }],
      call: (x) => resize2d(x, { scale: [0.5, 1 / 3], mode: "bilinear" }),
    },
    {
      name: "bilinear, a long axis: by index",
      inputs: [{ shape: [1, 1, 2, 70] }],
      call: (x) => resize2d(x, { size: [3, 11], mode: "bilinear" }),
    },
  ],
  errors: [
    {
      name: "neither size nor scale",
      make: () => resize2d(zeros([1, 3, 8, 8]), {}),
      error: "OptionError",
      message: [
        "[resize2d] give either size or scale",
        "  x: float32 [N=1, C=3, H=8, W=8]",
        "  - neither is given",
        "  fix: write scale: 2, or size: [56, 56]",
      ],
    },
    {
      name: "an unknown mode, and corners",
      make: () => resize2d(zeros([1, 3, 8, 8]), { scale: -1, mode: "cubic" as "nearest" }),
      error: "OptionError",
      message: [
        "[resize2d] scale must be a positive number, or one for each of [H, W]",
        "  x: float32 [N=1, C=3, H=8, W=8]",
        "  - scale is -1",
        '  - mode is "cubic"',
        "  fix: write scale: 2",
      ],
    },
    {
      name: "corners of the nearest cell",
      make: () => resize2d(zeros([1, 3, 8, 8]), { scale: 2, alignCorners: true }),
      error: "OptionError",
      message: [
        "[resize2d] alignCorners goes with bilinear only",
        "  x: float32 [N=1, C=3, H=8, W=8]",
        '  - mode is "nearest", alignCorners is true',
        '  fix: write mode: "bilinear", or leave alignCorners out',
      ],
    },
    {
      name: "nothing left",
      make: () => resize2d(zeros([1, 3, 8, 2]), { scale: 0.25 }),
      error: "OptionError",
      message: [
        "[resize2d] nothing is left of the image",
        "  x: float32 [N=1, C=3, H=8, W=2]",
        "  - W: ⌊2 × 0.25⌋ = 0",
        "  fix: use a scale of 0.5 or more",
      ],
    },
    {
      name: "bilinear integers",
      make: () => resize2d(zeros([1, 3, 8, 8], { dtype: "uint8" }), { scale: 2, mode: "bilinear" }),
      error: "DTypeError",
      message: [
        "[resize2d] x must be float32 or float64",
        "  x: uint8 [N=1, C=3, H=8, W=8]",
        "  - x is uint8",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "one image without its batch axis",
      make: () => resize2d(zeros([3, 8, 8]), { size: 4 }),
      error: "ShapeError",
      message: [
        "[resize2d] x must have 4 axes [N, C, H, W]",
        "  x: float32 [3, 8, 8]",
        "  - x has rank 3",
        "  fix: x.unsqueeze(0) for a batch of one image, or x.unsqueeze(1) for images of one channel",
      ],
    },
  ],
};
