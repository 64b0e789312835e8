/** Samples of `oneHot`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { oneHot } from "./one-hot.ts";

export const samples: OpSamples = {
  op: "oneHot",
  cases: [
    {
      name: "labels",
      inputs: [{ shape: [3], dtype: "int32", values: [0, 2, 1] }],
      call: (l) => oneHot(l, 3),
      expected: [[1, 0, 0, 0, 0, 1, 0, 1, 0]],
    },
    {
      name: "two axes, as int32",
      inputs: [{ shape: [1, 2], dtype: "int32", values: [1, 0] }],
      call: (l) => oneHot(l, 2, { dtype: "int32" }),
      expected: [[0, 1, 1, 0]],
    },
    {
      name: "labels outside give zeros",
      inputs: [{ shape: [2], dtype: "int32", values: [-1, 2] }],
      call: (l) => oneHot(l, 2),
      expected: [[0, 0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "labels of floats",
      make: () => oneHot(zeros([2]), 3),
      error: "DTypeError",
      message: [
        "[oneHot] labels must be int32",
        "  labels: float32 [2]",
        "  - labels are float32",
        '  fix: labels.cast("int32")',
      ],
    },
    {
      name: "no classes",
      make: () => oneHot(zeros([2], { dtype: "int32" }), 0),
      error: "OptionError",
      message: [
        "[oneHot] classes must be a positive integer, got 0",
        "  labels: int32 [2]",
        "  fix: pass the number of classes",
      ],
    },
  ],
};
