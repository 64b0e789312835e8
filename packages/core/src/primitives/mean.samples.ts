/** Samples of `mean`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { mean } from "./mean.ts";

export const samples: OpSamples = {
  op: "mean",
  cases: [
    {
      name: "all axes",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => mean(x),
    },
    {
      name: "the last axis",
      inputs: [{ shape: [3, 4] }],
      call: (x) => mean(x, -1),
    },
    {
      name: "the first axis",
      inputs: [{ shape: [3, 4] }],
      call: (x) => mean(x, 0),
    },
    {
      name: "outer and inner axes, kept",
      inputs: [{ shape: [2, 3, 4, 2] }],
      call: (x) => mean(x, { axis: [0, 2], keepDims: true }),
    },
    {
      name: "axes in the middle",
      inputs: [{ shape: [2, 3, 2, 2] }],
      call: (x) => mean(x, { axis: [1, 2] }),
    },
    {
      name: "a scalar",
      inputs: [{ shape: [] }],
      call: (x) => mean(x),
    },
    {
      name: "no axis",
      inputs: [{ shape: [2, 2] }],
      call: (x) => mean(x, { axis: [] }),
    },
    {
      name: "known values",
      inputs: [{ shape: [2, 3], values: [1, 5, 2, 4, -3, 0.5] }],
      call: (x) => mean(x, 1),
      expected: [[2.6666666666666665, 0.5]],
      gradients: [
        [
          0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333,
          0.3333333333333333,
        ],
      ],
    },
  ],
  errors: [
    {
      name: "an axis that is not there",
      make: () => mean(zeros([2, 3]), { axis: 2 }),
      error: "ShapeError",
      message: ["[mean] axis 2 is no axis of a tensor of rank 2", "  x: [2, 3]", "  fix: use an integer from -2 to 1"],
    },
    {
      name: "integers",
      make: () => mean(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[mean] the dtype does not fit",
        "  x: int32 [2]",
        "  - x is int32, but mean takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "no elements",
      make: () => mean(zeros([0, 3]), { axis: 0 }),
      error: "ShapeError",
      message: [
        "[mean] there is nothing to reduce",
        "  x: float32 [0, 3]",
        "  - axis 0 has extent 0",
        "  fix: reduce axes with at least one element",
      ],
    },
    {
      name: "an unknown option",
      make: () => mean(zeros([2]), { axes: 0 } as object),
      error: "OptionError",
      message: ['[mean] unknown option "axes"', "  - known options: axis, keepDims", '  fix: write "axis"'],
    },
  ],
};
