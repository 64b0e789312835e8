/** Samples of `mul`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { mul } from "./mul.ts";

export const samples: OpSamples = {
  op: "mul",
  cases: [
    {
      name: "equal shapes",
      inputs: [
        { shape: [2, 3], domain: [-2, 2] },
        { shape: [2, 3], domain: [-2, 2] },
      ],
      call: (a, b) => mul(a, b),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1, 3], domain: [-2, 2] },
        { shape: [1, 4, 1], domain: [-2, 2] },
      ],
      call: (a, b) => mul(a, b),
    },
    {
      name: "a scalar tensor",
      inputs: [
        { shape: [], domain: [-2, 2] },
        { shape: [2, 2], domain: [-2, 2] },
      ],
      call: (a, b) => mul(a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], values: [1.5, 0.5, -3] },
        { shape: [3], values: [-2, 4, 0.25] },
      ],
      call: (a, b) => mul(a, b),
      expected: [[-3, 2, -0.75]],
      gradients: [
        [-2, 4, 0.25],
        [1.5, 0.5, -3],
      ],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }, { shape: [1, 3] }],
      call: (a, b) => mul(a, b),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "integers",
      inputs: [
        { shape: [2], dtype: "int32", values: [3, 65536] },
        { shape: [2], dtype: "int32", values: [-2, 65536] },
      ],
      call: (a, b) => mul(a, b),
      expected: [[-6, 0]],
    },
    {
      name: "one tensor twice",
      inputs: [{ shape: [3], values: [1, -2, 0] }],
      call: (a) => mul(a, a),
      expected: [[1, 4, 0]],
      gradients: [[2, -4, 0]],
    },
  ],
  errors: [
    {
      name: "extents that differ",
      make: () => mul(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[mul] shapes do not broadcast",
        "  a: float32 [2, 3]",
        "  b: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => mul(zeros([2]), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[mul] dtypes do not fit",
        "  a: float32 [2]",
        "  b: int32 [2]",
        "  - b is int32, but a is float32",
        '  fix: b.cast("float32")',
      ],
    },
    {
      name: "bool",
      make: () => mul(tensor([true]), tensor([true])),
      error: "DTypeError",
      message: [
        "[mul] dtypes do not fit",
        "  a: bool [1]",
        "  b: bool [1]",
        "  - a is bool, but mul takes float32, float64, int32 or uint8",
        "  - b is bool, but mul takes float32, float64, int32 or uint8",
        '  fix: a.cast("float32")',
      ],
    },
  ],
};
