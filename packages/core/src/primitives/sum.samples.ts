/** Samples of `sum`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { sum } from "./sum.ts";

export const samples: OpSamples = {
  op: "sum",
  cases: [
    {
      name: "all axes",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => sum(x),
    },
    {
      name: "the last axis",
      inputs: [{ shape: [3, 4] }],
      call: (x) => sum(x, -1),
    },
    {
      name: "the first axis",
      inputs: [{ shape: [3, 4] }],
      call: (x) => sum(x, 0),
    },
    {
      name: "outer and inner axes, kept",
      inputs: [{ shape: [2, 3, 4, 2] }],
      call: (x) => sum(x, { axis: [0, 2], keepDims: true }),
    },
    {
      name: "axes in the middle",
      inputs: [{ shape: [2, 3, 2, 2] }],
      call: (x) => sum(x, { axis: [1, 2] }),
    },
    {
      name: "a scalar",
      inputs: [{ shape: [] }],
      call: (x) => sum(x),
    },
    {
      name: "no axis",
      inputs: [{ shape: [2, 2] }],
      call: (x) => sum(x, { axis: [] }),
    },
    {
      name: "known values",
      inputs: [{ shape: [2, 3], values: [1, 5, 2, 4, -3, 0.5] }],
      call: (x) => sum(x, 1),
      expected: [[8, 1.5]],
      gradients: [[1, 1, 1, 1, 1, 1]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [1, 2, 3] }],
      call: (x) => sum(x),
      expected: [[6]],
    },
    {
      name: "no elements give 0",
      inputs: [{ shape: [0, 3] }],
      call: (x) => sum(x, 0),
      differentiable: [],
      expected: [[0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "an axis that is not there",
      make: () => sum(zeros([2, 3]), { axis: 2 }),
      error: "ShapeError",
      message: ["[sum] axis 2 is no axis of a tensor of rank 2", "  x: [2, 3]", "  fix: use an integer from -2 to 1"],
    },
    {
      name: "bool",
      make: () => sum(zeros([2], { dtype: "bool" })),
      error: "DTypeError",
      message: [
        "[sum] the dtype does not fit",
        "  x: bool [2]",
        "  - x is bool, but sum takes float32, float64, int32 or uint8",
        '  fix: x.cast("int32")',
      ],
    },
    {
      name: "an unknown option",
      make: () => sum(zeros([2]), { axes: 0 } as object),
      error: "OptionError",
      message: ['[sum] unknown option "axes"', "  - known options: axis, keepDims", '  fix: write "axis"'],
    },
    {
      name: "an axis named twice",
      make: () => sum(zeros([2, 3]), { axis: [0, -2] }),
      error: "OptionError",
      message: ["[sum] axis 0 is named twice", "  x: [2, 3]", "  fix: name each axis once"],
    },
  ],
};
