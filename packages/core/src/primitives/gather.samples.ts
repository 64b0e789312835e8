/** Samples of `gather`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { gather } from "./gather.ts";

export const samples: OpSamples = {
  op: "gather",
  cases: [
    {
      name: "the last axis",
      inputs: [
        { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
        { shape: [2, 2], dtype: "int32", values: [2, 0, 1, 1] },
      ],
      call: (x, i) => gather(x, i, 1),
      expected: [[3, 1, 5, 5]],
      gradients: [[1, 0, 1, 0, 2, 0], null],
    },
    {
      name: "the first axis, fewer columns",
      inputs: [{ shape: [3, 4] }, { shape: [2, 3], dtype: "int32", values: [0, 2, 1, 1, 1, 1] }],
      call: (x, i) => gather(x, i, 0),
    },
    {
      name: "in three axes",
      inputs: [{ shape: [2, 2, 3] }, { shape: [2, 2, 1], dtype: "int32", values: [2, 0, 1, 2] }],
      call: (x, i) => gather(x, i, -1),
    },
    {
      name: "of a transposed tensor",
      inputs: [{ shape: [3, 2] }, { shape: [2, 2], dtype: "int32", values: [2, 0, 1, 1] }],
      call: (x, i) => gather(x.transpose(), i, 1),
    },
    {
      name: "no index",
      inputs: [{ shape: [2, 3] }, { shape: [2, 0], dtype: "int32", values: [] }],
      call: (x, i) => gather(x, i, 1),
      differentiable: [],
      expected: [[]],
      gradients: [[0, 0, 0, 0, 0, 0], null],
    },
  ],
  errors: [
    {
      name: "an index of floats",
      make: () => gather(zeros([2, 3]), zeros([2, 1]), 1),
      error: "DTypeError",
      message: [
        "[gather] index must be int32",
        "  x: float32 [2, 3]",
        "  index: float32 [2, 1]",
        "  - index is float32",
        '  fix: index.cast("int32")',
      ],
    },
    {
      name: "another rank",
      make: () => gather(zeros([2, 3]), zeros([2], { dtype: "int32" }), 1),
      error: "ShapeError",
      message: [
        "[gather] the index does not fit",
        "  x: float32 [2, 3]",
        "  index: int32 [2]",
        "  - index has rank 1, x has 2",
        "  fix: give index the rank of x, and no larger extent but along the axis; to pick whole slices, use take",
      ],
    },
    {
      name: "more rows",
      make: () => gather(zeros([2, 3]), zeros([3, 1], { dtype: "int32" }), 1),
      error: "ShapeError",
      message: [
        "[gather] the index does not fit",
        "  x: float32 [2, 3]",
        "  index: int32 [3, 1]",
        "  - axis 0: index has 3 elements, x has 2",
        "  fix: give index the rank of x, and no larger extent but along the axis; to pick whole slices, use take",
      ],
    },
    {
      name: "an index outside",
      make: () => gather(zeros([2, 3]), tensor([[0], [3]], { dtype: "int32" }), 1).dataSync(),
      error: "IndexError",
      message: [
        "[gather] index 3 at position [1, 0] is outside axis 1 of extent 3",
        "  - index = 3, but 0 ≤ index < 3 is demanded",
        "  fix: keep indices in 0 … 2",
      ],
    },
  ],
};
