/** Samples of `sigmoid`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { sigmoid } from "./sigmoid.ts";

export const samples: OpSamples = {
  op: "sigmoid",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-3, 3] }],
      call: (x) => sigmoid(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [3], values: [-1.5, 0.5, 0] }],
      call: (x) => sigmoid(x),
      expected: [[0.18242552380635635, 0.6224593312018546, 0.5]],
      gradients: [[0.14914645207033286, 0.2350037122015945, 0.25]],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [5], values: [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1000, -1000] }],
      call: (x) => sigmoid(x),
      differentiable: [],
      expected: [[0.5, 1, 0, 1, 0]],
      gradients: [[0.25, 0, 0, 0, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-3, 3] }],
      call: (x) => sigmoid(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => sigmoid(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => sigmoid(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[sigmoid] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but sigmoid takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
