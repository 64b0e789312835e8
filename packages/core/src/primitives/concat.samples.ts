/** Samples of `concat`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { concat } from "./concat.ts";

export const samples: OpSamples = {
  op: "concat",
  cases: [
    {
      name: "along the first axis",
      inputs: [{ shape: [2, 3] }, { shape: [1, 3] }],
      call: (a, b) => concat([a, b]),
    },
    {
      name: "along the last axis",
      inputs: [
        { shape: [2, 2], values: [1, 2, 3, 4] },
        { shape: [2, 1], values: [5, 6] },
      ],
      call: (a, b) => concat([a, b], -1),
      expected: [[1, 2, 5, 3, 4, 6]],
      gradients: [
        [1, 1, 1, 1],
        [1, 1],
      ],
    },
    {
      name: "three, one twice, of channels",
      inputs: [{ shape: [2, 1, 2, 2] }, { shape: [2, 2, 2, 2] }],
      call: (a, b) => concat([a, b, a], 1),
    },
    {
      name: "of a view",
      inputs: [{ shape: [2, 3] }, { shape: [2, 2] }],
      call: (a, b) => concat([a.transpose(), b]),
    },
    {
      name: "with an empty one",
      inputs: [{ shape: [0, 2] }, { shape: [1, 2], values: [1, 2] }],
      call: (a, b) => concat([a, b]),
      differentiable: [1],
      expected: [[1, 2]],
    },
  ],
  errors: [
    {
      name: "nothing",
      make: () => concat([]),
      error: "ShapeError",
      message: ["[concat] there is nothing to join", "  fix: pass at least one tensor"],
    },
    {
      name: "extents that differ",
      make: () => concat([zeros([2, 3]), zeros([2, 4])], 0),
      error: "ShapeError",
      message: [
        "[concat] shapes may differ along axis 0 only",
        "  input 0: float32 [2, 3]",
        "  input 1: float32 [2, 4]",
        "  - input 1, axis 1: 4 against 3",
        "  fix: make the other extents equal",
      ],
    },
    {
      name: "ranks that differ",
      make: () => concat([zeros([2, 3]), zeros([2])], 0),
      error: "ShapeError",
      message: [
        "[concat] shapes may differ along axis 0 only",
        "  input 0: float32 [2, 3]",
        "  input 1: float32 [2]",
        "  - input 1 has rank 1, input 0 has 2",
        "  fix: make the other extents equal",
      ],
    },
    {
      name: "dtypes that differ",
      make: () => concat([zeros([2]), zeros([2], { dtype: "int32" })]),
      error: "DTypeError",
      message: [
        "[concat] dtypes do not fit",
        "  input 0: float32 [2]",
        "  input 1: int32 [2]",
        "  - input 1 is int32, but input 0 is float32",
        "  fix: cast them to one dtype",
      ],
    },
    {
      name: "scalars",
      make: () => concat([zeros([]), zeros([])]),
      error: "ShapeError",
      message: ["[concat] scalars have no axis to join along", "  fix: use stack"],
    },
  ],
};
