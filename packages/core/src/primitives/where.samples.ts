/** Samples of `where`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { where } from "./where.ts";

export const samples: OpSamples = {
  op: "where",
  cases: [
    {
      name: "tensors",
      inputs: [{ shape: [2, 3], dtype: "bool" }, { shape: [2, 3] }, { shape: [2, 3] }],
      call: (c, a, b) => where(c, a, b),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [{ shape: [2, 1], dtype: "bool" }, { shape: [1, 3] }, { shape: [2, 3] }],
      call: (c, a, b) => where(c, a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], dtype: "bool", values: [1, 0, 1] },
        { shape: [3], values: [1, 2, 3] },
        { shape: [3], values: [4, 5, 6] },
      ],
      call: (c, a, b) => where(c, a, b),
      expected: [[1, 5, 3]],
      gradients: [null, [1, 0, 1], [0, 1, 0]],
    },
    {
      name: "the masked branch gets exactly 0",
      inputs: [
        { shape: [2], dtype: "bool", values: [1, 0] },
        { shape: [2], values: [1, Number.NaN] },
      ],
      call: (c, a) => where(c, a, 0),
      differentiable: [],
      expected: [[1, 0]],
      gradients: [null, [1, 0]],
    },
    {
      name: "a where around the input keeps infinities out",
      inputs: [{ shape: [3], values: [0, 4, -1] }],
      call: (x) => where(x.greater(0), where(x.greater(0), x, 1).sqrt(), 0),
      differentiable: [],
      expected: [[0, 2, 0]],
      gradients: [[0, 0.25, 0]],
    },
    {
      name: "two numbers",
      inputs: [{ shape: [2], dtype: "bool", values: [1, 0] }],
      call: (c) => where(c, 1, -1),
      expected: [[1, -1]],
    },
    {
      name: "integers",
      inputs: [
        { shape: [2], dtype: "bool", values: [1, 0] },
        { shape: [2], dtype: "int32", values: [1, 2] },
      ],
      call: (c, a) => where(c, a, 7),
      expected: [[1, 7]],
    },
  ],
  errors: [
    {
      name: "a condition of numbers",
      make: () => where(zeros([2]), zeros([2]), zeros([2])),
      error: "DTypeError",
      message: [
        "[where] dtypes do not fit",
        "  condition: float32 [2]",
        "  whenTrue: float32 [2]",
        "  whenFalse: float32 [2]",
        "  - condition is float32, but must be bool",
        '  fix: condition.cast("bool")',
      ],
    },
    {
      name: "branches that differ",
      make: () => where(zeros([2], { dtype: "bool" }), zeros([2]), zeros([2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[where] dtypes do not fit",
        "  condition: bool [2]",
        "  whenTrue: float32 [2]",
        "  whenFalse: int32 [2]",
        "  - whenFalse is int32, but whenTrue is float32",
        '  fix: whenFalse.cast("float32")',
      ],
    },
  ],
};
