/** Samples of `max`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { max } from "./max.ts";

export const samples: OpSamples = {
  op: "max",
  cases: [
    {
      name: "all axes",
      inputs: [
        {
          shape: [2, 3, 4],
          values: [
            0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341, 0.0872,
            -1.2097, 2.1934, 0.9965, -0.4004, 1.8027, -2.0942, 0.6089, 1.112, -0.6849, -1.6818, 0.4213,
          ],
        },
      ],
      call: (x) => max(x),
    },
    {
      name: "the last axis",
      inputs: [
        {
          shape: [3, 4],
          values: [0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341],
        },
      ],
      call: (x) => max(x, -1),
    },
    {
      name: "the first axis",
      inputs: [
        {
          shape: [3, 4],
          values: [0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341],
        },
      ],
      call: (x) => max(x, 0),
    },
    {
      name: "outer and inner axes, kept",
      inputs: [
        {
          shape: [2, 3, 4, 2],
          values: [
            0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341, 0.0872,
            -1.2097, 2.1934, 0.9965, -0.4004, 1.8027, -2.0942, 0.6089, 1.112, -0.6849, -1.6818, 0.4213, 0.0744, -1.1225,
            2.1806, 1.0837, -0.4132, 1.8899, -2.107, 0.6961, 1.0992, -0.5977, -1.6946, 0.5085, 0.0616, -1.0353, 2.1678,
            1.1709, -0.426, 1.9771, -2.1198, 0.7833, 1.0864, -0.5105, -1.7074, 0.5957,
          ],
        },
      ],
      call: (x) => max(x, { axis: [0, 2], keepDims: true }),
    },
    {
      name: "axes in the middle",
      inputs: [
        {
          shape: [2, 3, 2, 2],
          values: [
            0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341, 0.0872,
            -1.2097, 2.1934, 0.9965, -0.4004, 1.8027, -2.0942, 0.6089, 1.112, -0.6849, -1.6818, 0.4213,
          ],
        },
      ],
      call: (x) => max(x, { axis: [1, 2] }),
    },
    {
      name: "a scalar",
      inputs: [{ shape: [] }],
      call: (x) => max(x),
    },
    {
      name: "at ties the first gets it all",
      inputs: [{ shape: [2, 3], values: [1, 5, 5, 4, 4, 0] }],
      call: (x) => max(x, 1),
      differentiable: [],
      expected: [[5, 4]],
      gradients: [[0, 1, 0, 1, 0, 0]],
    },
    {
      name: "at ties over two axes the first in row-major order",
      inputs: [{ shape: [2, 2], values: [3, 3, 3, 3] }],
      call: (x) => max(x),
      differentiable: [],
      expected: [[3]],
      gradients: [[1, 0, 0, 0]],
    },
    {
      name: "NaN wins",
      inputs: [{ shape: [3], values: [1, Number.NaN, 5] }],
      call: (x) => max(x),
      differentiable: [],
      expected: [[Number.NaN]],
      gradients: [[0, 1, 0]],
    },
    {
      name: "infinities",
      inputs: [{ shape: [2], values: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY] }],
      call: (x) => max(x),
      differentiable: [],
      expected: [[Number.NEGATIVE_INFINITY]],
      gradients: [[1, 0]],
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [4, -7, 9] }],
      call: (x) => max(x),
      expected: [[9]],
    },
  ],
  errors: [
    {
      name: "an axis that is not there",
      make: () => max(zeros([2, 3]), { axis: 2 }),
      error: "ShapeError",
      message: ["[max] axis 2 is no axis of a tensor of rank 2", "  x: [2, 3]", "  fix: use an integer from -2 to 1"],
    },
    {
      name: "bool",
      make: () => max(zeros([2], { dtype: "bool" })),
      error: "DTypeError",
      message: [
        "[max] the dtype does not fit",
        "  x: bool [2]",
        "  - x is bool, but max takes float32, float64, int32 or uint8",
        '  fix: x.cast("int32")',
      ],
    },
    {
      name: "no elements",
      make: () => max(zeros([0, 3]), { axis: 0 }),
      error: "ShapeError",
      message: [
        "[max] there is nothing to reduce",
        "  x: float32 [0, 3]",
        "  - axis 0 has extent 0",
        "  fix: reduce axes with at least one element",
      ],
    },
    {
      name: "an unknown option",
      make: () => max(zeros([2]), { axes: 0 } as object),
      error: "OptionError",
      message: ['[max] unknown option "axes"', "  - known options: axis, keepDims", '  fix: write "axis"'],
    },
  ],
};
