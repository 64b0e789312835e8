/** Samples of `slice`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { slice } from "./slice.ts";

export const samples: OpSamples = {
  op: "slice",
  cases: [
    {
      name: "a range",
      inputs: [{ shape: [4, 5], values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19] }],
      call: (x) => slice(x, [1, 3]),
      expected: [[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]],
      gradients: [[0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]],
    },
    {
      name: "steps along two axes",
      inputs: [{ shape: [4, 5], values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19] }],
      call: (x) => slice(x, [0, null, 2], [1, -1, 2]),
      expected: [[1, 3, 11, 13]],
      gradients: [[0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]],
    },
    {
      name: "a negative step",
      inputs: [{ shape: [7] }],
      call: (x) => slice(x, [null, null, -2]),
    },
    {
      name: "a negative step between bounds",
      inputs: [{ shape: [7], values: [0, 1, 2, 3, 4, 5, 6] }],
      call: (x) => slice(x, [5, 1, -3]),
      expected: [[5, 2]],
      gradients: [[0, 0, 1, 0, 0, 1, 0]],
    },
    {
      name: "a step that does not divide",
      inputs: [{ shape: [8], values: [0, 1, 2, 3, 4, 5, 6, 7] }],
      call: (x) => slice(x, [1, null, 3]),
      expected: [[1, 4, 7]],
      gradients: [[0, 1, 0, 0, 1, 0, 0, 1]],
    },
    {
      name: "a number drops its axis",
      inputs: [{ shape: [4, 5], values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19] }],
      call: (x) => slice(x, null, -1),
      expected: [[4, 9, 14, 19]],
      gradients: [[0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]],
    },
    {
      name: "to a scalar",
      inputs: [{ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }],
      call: (x) => slice(x, 1, 0),
      expected: [[4]],
      gradients: [[0, 0, 0, 1, 0, 0]],
    },
    {
      name: "mixed, in three axes",
      inputs: [{ shape: [3, 4, 5] }],
      call: (x) => slice(x, [null, null, -1], 2, [0, 4, 3]),
    },
    {
      name: "of a transposed tensor",
      inputs: [{ shape: [4, 5] }],
      call: (x) => slice(x.transpose(), [1, 4, 2], [null, null, -1]),
    },
    {
      name: "nothing",
      inputs: [{ shape: [4, 5] }],
      call: (x) => slice(x, [2, 2]),
      differentiable: [],
      expected: [[]],
      gradients: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "too many ranges",
      make: () => slice(zeros([2, 3]), null, null, null),
      error: "ShapeError",
      message: ["[slice] 3 ranges for 2 axes", "  x: float32 [2, 3]", "  fix: give at most one range an axis"],
    },
    {
      name: "bounds outside",
      make: () => slice(zeros([2, 3]), [0, 3], [-4, null]),
      error: "ShapeError",
      message: [
        "[slice] ranges do not fit",
        "  x: float32 [2, 3]",
        "  - axis 0: [0, 3] is not within 2 elements",
        "  - axis 1: [-4, null] is not within 3 elements",
        "  fix: axis 0: use integers from -2 to 2, or null",
      ],
    },
    {
      name: "an element outside",
      make: () => slice(zeros([2, 3]), 2),
      error: "ShapeError",
      message: [
        "[slice] ranges do not fit",
        "  x: float32 [2, 3]",
        "  - axis 0: no element 2 among 2",
        "  fix: axis 0: use an integer from -2 to 1",
      ],
    },
    {
      name: "against the step",
      make: () => slice(zeros([5]), [4, 1]),
      error: "ShapeError",
      message: [
        "[slice] ranges do not fit",
        "  x: float32 [5]",
        "  - axis 0: [4, 1] runs against its step",
        "  fix: axis 0: use a step of -1",
      ],
    },
    {
      name: "step 0",
      make: () => slice(zeros([5]), [0, 5, 0]),
      error: "ShapeError",
      message: [
        "[slice] ranges do not fit",
        "  x: float32 [5]",
        "  - axis 0: [0, 5, 0]: step 0",
        "  fix: axis 0: use an integer step other than 0",
      ],
    },
    {
      name: "a fraction",
      make: () => slice(zeros([5]), [0.5, 3]),
      error: "ShapeError",
      message: [
        "[slice] ranges do not fit",
        "  x: float32 [5]",
        "  - axis 0: [0.5, 3] is not within 5 elements",
        "  fix: axis 0: use integers from -5 to 5, or null",
      ],
    },
  ],
};
