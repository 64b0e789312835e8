/** Samples of `variance`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { moments, variance } from "./variance.ts";

export const samples: OpSamples = {
  op: "variance",
  cases: [
    {
      name: "all axes",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => variance(x),
    },
    {
      name: "with correction",
      inputs: [{ shape: [2, 3, 4] }],
      call: (x) => variance(x, { axis: [0, 2], correction: 1, keepDims: true }),
    },
    {
      name: "the last axis",
      inputs: [{ shape: [3, 4] }],
      call: (x) => variance(x, { axis: -1 }),
    },
    {
      name: "known values",
      inputs: [{ shape: [2, 3], values: [1, 2, 4, -1, 0.5, 3.5] }],
      call: (x) => variance(x, { axis: 1, correction: 1 }),
      expected: [[2.333333333333333, 5.25]],
      gradients: [[-1.3333333333333335, -0.3333333333333335, 1.6666666666666665, -2, -0.5, 2.5]],
    },
    {
      name: "far from 0",
      inputs: [{ shape: [3], values: [1000000, 1000001, 1000002] }],
      call: (x) => variance(x),
      differentiable: [],
      expected: [[0.6666666666666666]],
    },
    {
      name: "one element",
      inputs: [{ shape: [1], values: [3] }],
      call: (x) => variance(x),
      differentiable: [],
      expected: [[0]],
      gradients: [[0]],
    },
    {
      name: "mean and variance together",
      inputs: [{ shape: [3, 4] }],
      call: (x) => {
        const { mean, variance } = moments(x, { axis: 1 });
        return mean.square().add(variance);
      },
    },
  ],
  errors: [
    {
      name: "an axis that is not there",
      make: () => variance(zeros([2, 3]), { axis: 2 }),
      error: "ShapeError",
      message: [
        "[variance] axis 2 is no axis of a tensor of rank 2",
        "  x: [2, 3]",
        "  fix: use an integer from -2 to 1",
      ],
    },
    {
      name: "integers",
      make: () => variance(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[variance] the dtype does not fit",
        "  x: int32 [2]",
        "  - x is int32, but variance takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "no elements",
      make: () => variance(zeros([0, 3]), { axis: 0 }),
      error: "ShapeError",
      message: [
        "[variance] there is nothing to reduce",
        "  x: float32 [0, 3]",
        "  - axis 0 has extent 0",
        "  fix: reduce axes with at least one element",
      ],
    },
    {
      name: "too few elements",
      make: () => variance(zeros([2, 1]), { axis: 1, correction: 1 }),
      error: "ShapeError",
      message: [
        "[variance] the variance of 1 element with correction 1 is undefined",
        "  x: float32 [2, 1]",
        "  - n − correction = 1 − 1 = 0",
        "  fix: use correction 0, or reduce more elements",
      ],
    },
    {
      name: "an unknown option",
      make: () => variance(zeros([2]), { axes: 0 } as object),
      error: "OptionError",
      message: [
        '[variance] unknown option "axes"',
        "  - known options: axis, keepDims, correction",
        '  fix: write "axis"',
      ],
    },
  ],
};
