/** Samples of `div`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { div } from "./div.ts";

export const samples: OpSamples = {
  op: "div",
  cases: [
    {
      name: "equal shapes",
      inputs: [
        { shape: [2, 3], domain: [-2, 2] },
        { shape: [2, 3], domain: [0.5, 3] },
      ],
      call: (a, b) => div(a, b),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1, 3], domain: [-2, 2] },
        { shape: [1, 4, 1], domain: [0.5, 3] },
      ],
      call: (a, b) => div(a, b),
    },
    {
      name: "a scalar tensor",
      inputs: [
        { shape: [], domain: [-2, 2] },
        { shape: [2, 2], domain: [0.5, 3] },
      ],
      call: (a, b) => div(a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], values: [1.5, 0.5, -3] },
        { shape: [3], values: [-2, 4, 0.25] },
      ],
      call: (a, b) => div(a, b),
      expected: [[-0.75, 0.125, -12]],
      gradients: [
        [-0.5, 0.25, 4],
        [-0.375, -0.03125, 48],
      ],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }, { shape: [1, 3] }],
      call: (a, b) => div(a, b),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "at the hard points",
      inputs: [
        { shape: [2], values: [1, -1] },
        { shape: [2], values: [0, Number.POSITIVE_INFINITY] },
      ],
      call: (a, b) => div(a, b),
      differentiable: [],
      expected: [[Number.POSITIVE_INFINITY, -0]],
      gradients: [
        [Number.POSITIVE_INFINITY, 0],
        [Number.NEGATIVE_INFINITY, 0],
      ],
    },
    {
      name: "a number first",
      inputs: [{ shape: [3], domain: [0.5, 2] }],
      call: (a) => div(1, a),
    },
  ],
  errors: [
    {
      name: "extents that differ",
      make: () => div(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[div] shapes do not broadcast",
        "  a: float32 [2, 3]",
        "  b: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => div(zeros([2]), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[div] dtypes do not fit",
        "  a: float32 [2]",
        "  b: int32 [2]",
        "  - b is int32, but div takes float32 or float64",
        '  fix: b.cast("float32")',
      ],
    },
    {
      name: "integers",
      make: () => div(tensor([1], { dtype: "int32" }), 2),
      error: "DTypeError",
      message: [
        "[div] dtypes do not fit",
        "  a: int32 [1]",
        "  b: int32 []",
        "  - a is int32, but div takes float32 or float64",
        "  - b is int32, but div takes float32 or float64",
        '  fix: a.cast("float32")',
      ],
    },
  ],
};
