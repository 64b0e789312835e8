/** Samples of `cumsum`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { cumsum } from "./cumsum.ts";

export const samples: OpSamples = {
  op: "cumsum",
  cases: [
    {
      name: "the last axis",
      inputs: [{ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }],
      call: (x) => cumsum(x, -1),
      expected: [[1, 3, 6, 4, 9, 15]],
      gradients: [[3, 2, 1, 3, 2, 1]],
    },
    {
      name: "the first axis",
      inputs: [{ shape: [3, 2] }],
      call: (x) => cumsum(x, 0),
    },
    {
      name: "exclusive",
      inputs: [{ shape: [4], values: [1, 2, 3, 4] }],
      call: (x) => cumsum(x, 0, { exclusive: true }),
      expected: [[0, 1, 3, 6]],
      gradients: [[3, 2, 1, 0]],
    },
    {
      name: "reverse",
      inputs: [{ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }],
      call: (x) => cumsum(x, 1, { reverse: true }),
      expected: [[6, 5, 3, 15, 11, 6]],
      gradients: [[1, 2, 3, 1, 2, 3]],
    },
    {
      name: "exclusive and reverse, in three axes",
      inputs: [{ shape: [2, 3, 2] }],
      call: (x) => cumsum(x, 1, { exclusive: true, reverse: true }),
    },
    {
      name: "integers",
      inputs: [{ shape: [3], dtype: "int32", values: [1, 2, 3] }],
      call: (x) => cumsum(x, 0),
      expected: [[1, 3, 6]],
    },
  ],
  errors: [
    {
      name: "bool",
      make: () => cumsum(zeros([2], { dtype: "bool" }), 0),
      error: "DTypeError",
      message: ["[cumsum] cumsum does not take bool", "  x: bool [2]", '  fix: x.cast("int32")'],
    },
    {
      name: "an axis that is not there",
      make: () => cumsum(zeros([2]), 1),
      error: "ShapeError",
      message: ["[cumsum] axis 1 is no axis of a tensor of rank 1", "  x: [2]", "  fix: use an integer from -1 to 0"],
    },
    {
      name: "a scalar",
      make: () => cumsum(zeros([]), 0),
      error: "ShapeError",
      message: ["[cumsum] axis 0 is no axis of a tensor of rank 0", "  x: []", "  fix: a scalar has no axes"],
    },
  ],
};
