/** Samples of `maximum`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { maximum } from "./maximum.ts";

export const samples: OpSamples = {
  op: "maximum",
  cases: [
    {
      name: "equal shapes",
      inputs: [
        { shape: [2, 3], domain: [-2, -0.25] },
        { shape: [2, 3], domain: [0.25, 2] },
      ],
      call: (a, b) => maximum(a, b),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1, 3], domain: [-2, -0.25] },
        { shape: [1, 4, 1], domain: [0.25, 2] },
      ],
      call: (a, b) => maximum(a, b),
    },
    {
      name: "a scalar tensor",
      inputs: [
        { shape: [], domain: [-2, -0.25] },
        { shape: [2, 2], domain: [0.25, 2] },
      ],
      call: (a, b) => maximum(a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], values: [1.5, 0.5, -3] },
        { shape: [3], values: [-2, 4, 0.25] },
      ],
      call: (a, b) => maximum(a, b),
      expected: [[1.5, 4, 0.25]],
      gradients: [
        [1, 0, 0],
        [0, 1, 1],
      ],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }, { shape: [1, 3] }],
      call: (a, b) => maximum(a, b),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "at the hard points",
      inputs: [
        { shape: [3], values: [2, 0, 1] },
        { shape: [3], values: [2, 0, Number.NaN] },
      ],
      call: (a, b) => maximum(a, b),
      differentiable: [],
      expected: [[2, 0, Number.NaN]],
      gradients: [
        [1, 1, 1],
        [0, 0, 0],
      ],
    },
    {
      name: "integers",
      inputs: [
        { shape: [2], dtype: "int32", values: [1, 5] },
        { shape: [2], dtype: "int32", values: [2, 3] },
      ],
      call: (a, b) => maximum(a, b),
      expected: [[2, 5]],
    },
    {
      name: "a number",
      inputs: [{ shape: [3], values: [-1, 0, 2] }],
      call: (a) => maximum(a, 0),
      differentiable: [],
      expected: [[0, 0, 2]],
      gradients: [[0, 1, 1]],
    },
  ],
  errors: [
    {
      name: "extents that differ",
      make: () => maximum(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[maximum] shapes do not broadcast",
        "  a: float32 [2, 3]",
        "  b: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => maximum(zeros([2]), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[maximum] dtypes do not fit",
        "  a: float32 [2]",
        "  b: int32 [2]",
        "  - b is int32, but a is float32",
        '  fix: b.cast("float32")',
      ],
    },
    {
      name: "bool",
      make: () => maximum(tensor([true]), tensor([true])),
      error: "DTypeError",
      message: [
        "[maximum] dtypes do not fit",
        "  a: bool [1]",
        "  b: bool [1]",
        "  - a is bool, but maximum takes float32, float64, int32 or uint8",
        "  - b is bool, but maximum takes float32, float64, int32 or uint8",
        '  fix: a.cast("float32")',
      ],
    },
  ],
};
