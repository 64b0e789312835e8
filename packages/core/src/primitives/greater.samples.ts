/** Samples of `greater`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { greater } from "./greater.ts";

export const samples: OpSamples = {
  op: "greater",
  cases: [
    {
      name: "tensors",
      inputs: [{ shape: [2, 3] }, { shape: [2, 3] }],
      call: (a, b) => greater(a, b),
      differentiable: [],
    },
    {
      name: "axes of size 1 stretch",
      inputs: [{ shape: [2, 1] }, { shape: [1, 3] }],
      call: (a, b) => greater(a, b),
      differentiable: [],
    },
    {
      name: "known values",
      inputs: [
        { shape: [6], values: [1, 2, 3, -0, Number.NaN, 1] },
        { shape: [6], values: [2, 2, 2, 0, 1, Number.NaN] },
      ],
      call: (a, b) => greater(a, b),
      differentiable: [],
      expected: [[0, 0, 1, 0, 0, 0]],
    },
    {
      name: "integers and a number",
      inputs: [{ shape: [3], dtype: "int32", values: [1, 2, 3] }],
      call: (a) => greater(a, 2),
      expected: [[0, 0, 1]],
    },
  ],
  errors: [
    {
      name: "extents that differ",
      make: () => greater(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[greater] shapes do not broadcast",
        "  a: float32 [2, 3]",
        "  b: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => greater(zeros([2], { dtype: "uint8" }), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[greater] dtypes do not fit",
        "  a: uint8 [2]",
        "  b: int32 [2]",
        "  - b is int32, but a is uint8",
        '  fix: a.cast("int32")',
      ],
    },
    {
      name: "bool",
      make: () => greater(zeros([2], { dtype: "bool" }), zeros([2], { dtype: "bool" })),
      error: "DTypeError",
      message: [
        "[greater] dtypes do not fit",
        "  a: bool [2]",
        "  b: bool [2]",
        "  - a is bool, but greater takes float32, float64, int32 or uint8",
        "  - b is bool, but greater takes float32, float64, int32 or uint8",
        '  fix: a.cast("float32")',
      ],
    },
  ],
};
