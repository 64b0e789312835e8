/** Samples of `minimum`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { minimum } from "./minimum.ts";

export const samples: OpSamples = {
  op: "minimum",
  cases: [
    {
      name: "equal shapes",
      inputs: [
        { shape: [2, 3], domain: [-2, -0.25] },
        { shape: [2, 3], domain: [0.25, 2] },
      ],
      call: (a, b) => minimum(a, b),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1, 3], domain: [-2, -0.25] },
        { shape: [1, 4, 1], domain: [0.25, 2] },
      ],
      call: (a, b) => minimum(a, b),
    },
    {
      name: "a scalar tensor",
      inputs: [
        { shape: [], domain: [-2, -0.25] },
        { shape: [2, 2], domain: [0.25, 2] },
      ],
      call: (a, b) => minimum(a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], values: [1.5, 0.5, -3] },
        { shape: [3], values: [-2, 4, 0.25] },
      ],
      call: (a, b) => minimum(a, b),
      expected: [[-2, 0.5, -3]],
      gradients: [
        [0, 1, 1],
        [1, 0, 0],
      ],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }, { shape: [1, 3] }],
      call: (a, b) => minimum(a, b),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "at the hard points",
      inputs: [
        { shape: [2], values: [2, 0] },
        { shape: [2], values: [2, 0] },
      ],
      call: (a, b) => minimum(a, b),
      differentiable: [],
      expected: [[2, 0]],
      gradients: [
        [1, 1],
        [0, 0],
      ],
    },
    {
      name: "integers",
      inputs: [
        { shape: [2], dtype: "int32", values: [1, 5] },
        { shape: [2], dtype: "int32", values: [2, 3] },
      ],
      call: (a, b) => minimum(a, b),
      expected: [[1, 3]],
    },
  ],
  errors: [
    {
      name: "extents that differ",
      make: () => minimum(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[minimum] shapes do not broadcast",
        "  a: float32 [2, 3]",
        "  b: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => minimum(zeros([2]), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[minimum] dtypes do not fit",
        "  a: float32 [2]",
        "  b: int32 [2]",
        "  - b is int32, but a is float32",
        '  fix: b.cast("float32")',
      ],
    },
    {
      name: "bool",
      make: () => minimum(tensor([true]), tensor([true])),
      error: "DTypeError",
      message: [
        "[minimum] dtypes do not fit",
        "  a: bool [1]",
        "  b: bool [1]",
        "  - a is bool, but minimum takes float32, float64, int32 or uint8",
        "  - b is bool, but minimum takes float32, float64, int32 or uint8",
        '  fix: a.cast("float32")',
      ],
    },
  ],
};
