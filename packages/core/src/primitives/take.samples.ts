/** Samples of `take`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { take } from "./take.ts";

export const samples: OpSamples = {
  op: "take",
  cases: [
    {
      name: "rows, one twice",
      inputs: [
        { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] },
        { shape: [4], dtype: "int32", values: [2, 0, 2, 1] },
      ],
      call: (x, i) => take(x, i),
      expected: [[5, 6, 1, 2, 5, 6, 3, 4]],
      gradients: [[1, 1, 1, 1, 2, 2], null],
    },
    {
      name: "an inner axis",
      inputs: [{ shape: [2, 3, 2] }, { shape: [2], dtype: "int32", values: [2, 0] }],
      call: (x, i) => take(x, i, 1),
    },
    {
      name: "of a transposed tensor",
      inputs: [{ shape: [2, 3] }, { shape: [2], dtype: "int32", values: [2, 2] }],
      call: (x, i) => take(x.transpose(), i),
    },
    {
      name: "bytes",
      inputs: [
        { shape: [3], dtype: "uint8", values: [7, 8, 9] },
        { shape: [2], dtype: "int32", values: [1, 1] },
      ],
      call: (x, i) => take(x, i),
      expected: [[8, 8]],
    },
  ],
  errors: [
    {
      name: "a matrix as index",
      make: () => take(zeros([2, 3]), zeros([1, 2], { dtype: "int32" })),
      error: "ShapeError",
      message: [
        "[take] index must have rank 1",
        "  x: float32 [2, 3]",
        "  index: int32 [1, 2]",
        "  - index has rank 2",
        "  fix: index.reshape([-1]), and reshape the result",
      ],
    },
    {
      name: "an index of floats",
      make: () => take(zeros([2, 3]), zeros([2])),
      error: "DTypeError",
      message: [
        "[take] index must be int32",
        "  x: float32 [2, 3]",
        "  index: float32 [2]",
        "  - index is float32",
        '  fix: index.cast("int32")',
      ],
    },
    {
      name: "an index outside",
      make: () => take(zeros([2, 3]), tensor([-1], { dtype: "int32" })).dataSync(),
      error: "IndexError",
      message: [
        "[take] index -1 at position [0, 0] is outside axis 0 of extent 2",
        "  - index = -1, but 0 ≤ index < 2 is demanded",
        "  fix: keep indices in 0 … 1",
      ],
    },
  ],
};
