/** Samples of `sort`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { sort } from "./sort.ts";

export const samples: OpSamples = {
  op: "sort",
  cases: [
    {
      name: "the last axis",
      inputs: [
        {
          shape: [3, 4],
          values: [0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341],
        },
      ],
      call: (x) => {
        const { values, indices } = sort(x);
        return [values, indices];
      },
    },
    {
      name: "the first axis, descending",
      inputs: [
        {
          shape: [4, 3],
          values: [0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341],
        },
      ],
      call: (x) => {
        const { values, indices } = sort(x, 0, { descending: true });
        return [values, indices];
      },
    },
    {
      name: "ties keep their order",
      inputs: [{ shape: [4], values: [2, 1, 2, 1] }],
      call: (x) => {
        const { values, indices } = sort(x);
        return [values, indices];
      },
      differentiable: [],
      expected: [
        [1, 1, 2, 2],
        [1, 3, 0, 2],
      ],
    },
    {
      name: "ties keep their order, descending",
      inputs: [{ shape: [4], values: [2, 1, 2, 1] }],
      call: (x) => {
        const { values, indices } = sort(x, 0, { descending: true });
        return [values, indices];
      },
      differentiable: [],
      expected: [
        [2, 2, 1, 1],
        [0, 2, 1, 3],
      ],
    },
    {
      name: "NaN is greatest",
      inputs: [{ shape: [3], values: [Number.NaN, 1, Number.POSITIVE_INFINITY] }],
      call: (x) => {
        const { values, indices } = sort(x);
        return [values, indices];
      },
      differentiable: [],
      expected: [
        [1, Number.POSITIVE_INFINITY, Number.NaN],
        [1, 2, 0],
      ],
    },
    {
      name: "the largest",
      inputs: [{ shape: [4], values: [3, 1, 4, 1.5] }],
      call: (x) => sort(x, 0, { descending: true }).values.slice(0),
      expected: [[4]],
      gradients: [[0, 0, 1, 0]],
    },
  ],
  errors: [
    {
      name: "an axis that is not there",
      make: () => sort(zeros([2]), 1),
      error: "ShapeError",
      message: ["[sort] axis 1 is no axis of a tensor of rank 1", "  x: [2]", "  fix: use an integer from -1 to 0"],
    },
    {
      name: "an unknown option",
      make: () => sort(zeros([2]), 0, { desc: true } as object),
      error: "OptionError",
      message: ['[sort] unknown option "desc"', "  - known options: descending", '  fix: remove "desc"'],
    },
  ],
};
