/** Samples of `sub`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { sub } from "./sub.ts";

export const samples: OpSamples = {
  op: "sub",
  cases: [
    {
      name: "equal shapes",
      inputs: [
        { shape: [2, 3], domain: [-2, 2] },
        { shape: [2, 3], domain: [-2, 2] },
      ],
      call: (a, b) => sub(a, b),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1, 3], domain: [-2, 2] },
        { shape: [1, 4, 1], domain: [-2, 2] },
      ],
      call: (a, b) => sub(a, b),
    },
    {
      name: "a scalar tensor",
      inputs: [
        { shape: [], domain: [-2, 2] },
        { shape: [2, 2], domain: [-2, 2] },
      ],
      call: (a, b) => sub(a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], values: [1.5, 0.5, -3] },
        { shape: [3], values: [-2, 4, 0.25] },
      ],
      call: (a, b) => sub(a, b),
      expected: [[3.5, -3.5, -3.25]],
      gradients: [
        [1, 1, 1],
        [-1, -1, -1],
      ],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }, { shape: [1, 3] }],
      call: (a, b) => sub(a, b),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "integers",
      inputs: [
        { shape: [2], dtype: "int32", values: [1, 5] },
        { shape: [2], dtype: "int32", values: [2, 3] },
      ],
      call: (a, b) => sub(a, b),
      expected: [[-1, 2]],
    },
    {
      name: "a number first",
      inputs: [{ shape: [3], domain: [-2, 2] }],
      call: (a) => sub(1, a),
    },
  ],
  errors: [
    {
      name: "extents that differ",
      make: () => sub(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[sub] shapes do not broadcast",
        "  a: float32 [2, 3]",
        "  b: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => sub(zeros([2]), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[sub] dtypes do not fit",
        "  a: float32 [2]",
        "  b: int32 [2]",
        "  - b is int32, but a is float32",
        '  fix: b.cast("float32")',
      ],
    },
    {
      name: "bool",
      make: () => sub(tensor([true]), tensor([true])),
      error: "DTypeError",
      message: [
        "[sub] dtypes do not fit",
        "  a: bool [1]",
        "  b: bool [1]",
        "  - a is bool, but sub takes float32, float64, int32 or uint8",
        "  - b is bool, but sub takes float32, float64, int32 or uint8",
        '  fix: a.cast("float32")',
      ],
    },
  ],
};
