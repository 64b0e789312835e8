/** Samples of `matmul`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { matmul } from "./matmul.ts";

export const samples: OpSamples = {
  op: "matmul",
  cases: [
    {
      name: "matrices",
      inputs: [{ shape: [2, 3] }, { shape: [3, 4] }],
      call: (a, b) => matmul(a, b),
    },
    {
      name: "known values",
      inputs: [
        { shape: [2, 2], values: [1, 2, 3, 4] },
        { shape: [2, 2], values: [5, 6, 7, 8] },
      ],
      call: (a, b) => matmul(a, b),
      expected: [[19, 22, 43, 50]],
      gradients: [
        [11, 15, 11, 15],
        [4, 4, 6, 6],
      ],
    },
    {
      name: "batches",
      inputs: [{ shape: [2, 2, 3] }, { shape: [2, 3, 2] }],
      call: (a, b) => matmul(a, b),
    },
    {
      name: "a batch and a matrix",
      inputs: [{ shape: [2, 3, 2] }, { shape: [2, 4] }],
      call: (a, b) => matmul(a, b),
    },
    {
      name: "a matrix and a batch",
      inputs: [{ shape: [3, 2] }, { shape: [2, 2, 4] }],
      call: (a, b) => matmul(a, b),
    },
    {
      name: "batch axes of size 1 stretch",
      inputs: [{ shape: [2, 1, 2, 3] }, { shape: [1, 2, 3, 2] }],
      call: (a, b) => matmul(a, b),
    },
    {
      name: "of transposed tensors",
      inputs: [{ shape: [3, 2] }, { shape: [4, 3] }],
      call: (a, b) => matmul(a.transpose(), b.transpose()),
    },
    {
      name: "an empty inner axis gives 0",
      inputs: [{ shape: [2, 0] }, { shape: [0, 2] }],
      call: (a, b) => matmul(a, b),
      differentiable: [],
      expected: [[0, 0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "inner sizes that differ",
      make: () => matmul(zeros([2, 3]), zeros([4, 5])),
      error: "ShapeError",
      message: [
        "[matmul] shapes do not fit",
        "  a: float32 [2, 3]",
        "  b: float32 [4, 5]",
        "  - a has 3 columns, b has 4 rows",
        "  fix: give b 3 rows",
      ],
    },
    {
      name: "a transposed operand",
      make: () => matmul(zeros([2, 3]), zeros([5, 3])),
      error: "ShapeError",
      message: [
        "[matmul] shapes do not fit",
        "  a: float32 [2, 3]",
        "  b: float32 [5, 3]",
        "  - a has 3 columns, b has 5 rows",
        "  fix: transpose b",
      ],
    },
    {
      name: "a vector",
      make: () => matmul(zeros([2, 3]), zeros([3])),
      error: "ShapeError",
      message: [
        "[matmul] shapes do not fit",
        "  a: float32 [2, 3]",
        "  b: float32 [3]",
        "  - b has rank 1, at least 2 is needed",
        "  fix: add an axis of size 1 with unsqueeze",
      ],
    },
    {
      name: "batches that differ",
      make: () => matmul(zeros([2, 2, 3]), zeros([3, 3, 2])),
      error: "ShapeError",
      message: [
        "[matmul] shapes do not fit",
        "  a: float32 [2, 2, 3]",
        "  b: float32 [3, 3, 2]",
        "  - batch axes [2] against [3]",
        "  fix: make the batch axes equal, or one operand a matrix",
      ],
    },
    {
      name: "integers",
      make: () => matmul(zeros([2, 2], { dtype: "int32" }), zeros([2, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[matmul] operands must have the same float dtype",
        "  a: int32 [2, 2]",
        "  b: int32 [2, 2]",
        "  - a is int32, b is int32",
        '  fix: a.cast("float32")',
      ],
    },
    {
      name: "dtypes that differ",
      make: () => matmul(zeros([2, 2]), zeros([2, 2], { dtype: "float64" })),
      error: "DTypeError",
      message: [
        "[matmul] operands must have the same float dtype",
        "  a: float32 [2, 2]",
        "  b: float64 [2, 2]",
        "  - a is float32, b is float64",
        '  fix: b.cast("float32")',
      ],
    },
  ],
};
