/** Samples of `scatterAdd`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { scatterAdd } from "./scatter-add.ts";

export const samples: OpSamples = {
  op: "scatterAdd",
  cases: [
    {
      name: "repeated places",
      inputs: [
        { shape: [2, 3], values: [0, 0, 0, 0, 0, 0] },
        { shape: [2, 2], dtype: "int32", values: [2, 2, 0, 1] },
        { shape: [2, 2], values: [1, 2, 3, 4] },
      ],
      call: (x, i, s) => scatterAdd(x, i, s, 1),
      expected: [[0, 0, 3, 3, 4, 0]],
      gradients: [[1, 1, 1, 1, 1, 1], null, [1, 1, 1, 1]],
    },
    {
      name: "the first axis, fewer columns",
      inputs: [{ shape: [3, 3] }, { shape: [2, 2], dtype: "int32", values: [0, 2, 0, 1] }, { shape: [2, 2] }],
      call: (x, i, s) => scatterAdd(x, i, s, 0),
    },
    {
      name: "a histogram",
      inputs: [
        { shape: [5], dtype: "int32", values: [0, 2, 2, 1, 2] },
        { shape: [5], dtype: "int32", values: [1, 1, 1, 1, 1] },
      ],
      call: (i, s) => scatterAdd(zeros([3], { dtype: "int32" }), i, s, 0),
      expected: [[1, 1, 3]],
    },
  ],
  errors: [
    {
      name: "another source",
      make: () => scatterAdd(zeros([2, 3]), zeros([2, 2], { dtype: "int32" }), zeros([2, 1]), 1),
      error: "ShapeError",
      message: [
        "[scatterAdd] the index does not fit",
        "  x: float32 [2, 3]",
        "  index: int32 [2, 2]",
        "  source: float32 [2, 1]",
        "  - source is [2, 1], index is [2, 2]",
        "  fix: give index and source one shape, of the rank of x and no larger but along the axis",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => scatterAdd(zeros([3]), zeros([2], { dtype: "int32" }), zeros([2], { dtype: "int32" }), 0),
      error: "DTypeError",
      message: [
        "[scatterAdd] x and source must have one dtype that can be added",
        "  x: float32 [3]",
        "  index: int32 [2]",
        "  source: int32 [2]",
        "  - x is float32, source is int32",
        '  fix: source.cast("float32")',
      ],
    },
    {
      name: "an index of floats",
      make: () => scatterAdd(zeros([3]), zeros([2]), zeros([2]), 0),
      error: "DTypeError",
      message: [
        "[scatterAdd] index must be int32",
        "  x: float32 [3]",
        "  index: float32 [2]",
        "  source: float32 [2]",
        "  - index is float32",
        '  fix: index.cast("int32")',
      ],
    },
    {
      name: "an index outside",
      make: () => scatterAdd(zeros([3]), tensor([3], { dtype: "int32" }), zeros([1]), 0).dataSync(),
      error: "IndexError",
      message: [
        "[scatterAdd] index 3 at position [0] is outside axis 0 of extent 3",
        "  - index = 3, but 0 ≤ index < 3 is demanded",
        "  fix: keep indices in 0 … 2",
      ],
    },
  ],
};
