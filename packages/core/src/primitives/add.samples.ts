/** Samples of `add`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { add } from "./add.ts";

export const samples: OpSamples = {
  op: "add",
  cases: [
    {
      name: "equal shapes",
      inputs: [
        { shape: [2, 3], domain: [-2, 2] },
        { shape: [2, 3], domain: [-2, 2] },
      ],
      call: (a, b) => add(a, b),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1, 3], domain: [-2, 2] },
        { shape: [1, 4, 1], domain: [-2, 2] },
      ],
      call: (a, b) => add(a, b),
    },
    {
      name: "a scalar tensor",
      inputs: [
        { shape: [], domain: [-2, 2] },
        { shape: [2, 2], domain: [-2, 2] },
      ],
      call: (a, b) => add(a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], values: [1.5, 0.5, -3] },
        { shape: [3], values: [-2, 4, 0.25] },
      ],
      call: (a, b) => add(a, b),
      expected: [[-0.5, 4.5, -2.75]],
      gradients: [
        [1, 1, 1],
        [1, 1, 1],
      ],
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }, { shape: [1, 3] }],
      call: (a, b) => add(a, b),
      differentiable: [],
      expected: [[]],
    },
    {
      name: "integers",
      inputs: [
        { shape: [2], dtype: "int32", values: [1, 2147483647] },
        { shape: [2], dtype: "int32", values: [2, 1] },
      ],
      call: (a, b) => add(a, b),
      expected: [[3, -2147483648]],
    },
    {
      name: "a number",
      inputs: [{ shape: [3], domain: [-2, 2] }],
      call: (a) => add(a, 2.5),
    },
    {
      name: "bytes wrap",
      inputs: [
        { shape: [2], dtype: "uint8", values: [250, 3] },
        { shape: [2], dtype: "uint8", values: [10, 4] },
      ],
      call: (a, b) => add(a, b),
      expected: [[4, 7]],
    },
  ],
  errors: [
    {
      name: "extents that differ",
      make: () => add(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[add] shapes do not broadcast",
        "  a: float32 [2, 3]",
        "  b: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => add(zeros([2]), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[add] dtypes do not fit",
        "  a: float32 [2]",
        "  b: int32 [2]",
        "  - b is int32, but a is float32",
        '  fix: b.cast("float32")',
      ],
    },
    {
      name: "bool",
      make: () => add(tensor([true]), tensor([true])),
      error: "DTypeError",
      message: [
        "[add] dtypes do not fit",
        "  a: bool [1]",
        "  b: bool [1]",
        "  - a is bool, but add takes float32, float64, int32 or uint8",
        "  - b is bool, but add takes float32, float64, int32 or uint8",
        '  fix: a.cast("float32")',
      ],
    },
    {
      name: "ranks that differ",
      make: () => add(zeros([8, 3, 4, 4]), zeros([3])),
      error: "ShapeError",
      message: [
        "[add] operands of different rank do not broadcast",
        "  a: float32 [8, 3, 4, 4]",
        "  b: float32 [3]",
        "  - ranks 4 and 1: [8, 3, 4, 4] against [3]",
        "  fix: .reshape([1, 3, 1, 1]) the one of rank 1",
      ],
    },
    {
      name: "a fraction and integers",
      make: () => add(tensor([1], { dtype: "int32" }), 0.5),
      error: "DTypeError",
      message: [
        "[add] the number 0.5 does not fit a tensor of int32",
        "  the other operand: int32 [1]",
        "  - 0.5 is not an integer",
        '  fix: cast the tensor: .cast("float32")',
      ],
    },
    {
      name: "no tensor",
      make: () => add(1, 2),
      error: "DTypeError",
      message: ["[add] at least one operand must be a tensor", "  fix: write tensor(value)"],
    },
  ],
};
