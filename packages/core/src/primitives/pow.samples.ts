/** Samples of `pow`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { pow } from "./pow.ts";

export const samples: OpSamples = {
  op: "pow",
  cases: [
    {
      name: "tensors",
      inputs: [
        { shape: [2, 3], domain: [0.5, 2] },
        { shape: [2, 3], domain: [-2, 2] },
      ],
      call: (x, e) => pow(x, e),
    },
    {
      name: "axes of size 1 stretch",
      inputs: [
        { shape: [2, 1], domain: [0.5, 2] },
        { shape: [1, 3], domain: [-2, 2] },
      ],
      call: (x, e) => pow(x, e),
    },
    {
      name: "known values",
      inputs: [
        { shape: [3], values: [1.5, 0.5, 3] },
        { shape: [3], values: [-2, 4, 0.25] },
      ],
      call: (x, e) => pow(x, e),
      expected: [[0.4444444444444444, 0.0625, 1.3160740129524924]],
      gradients: [
        [-0.5925925925925926, 0.5, 0.1096728344127077],
        [0.18020671471473973, -0.04332169878499658, 1.4458550834263613],
      ],
    },
    {
      name: "squares of any sign",
      inputs: [{ shape: [3], domain: [-2, 2] }],
      call: (x) => pow(x, 2),
    },
    {
      name: "cubes of any sign",
      inputs: [{ shape: [3], values: [-2, 0, 1.5] }],
      call: (x) => pow(x, 3),
      expected: [[-8, 0, 3.375]],
      gradients: [[12, 0, 6.75]],
    },
    {
      name: "a fractional exponent",
      inputs: [{ shape: [3], domain: [0.5, 2] }],
      call: (x) => pow(x, 1.7),
    },
    {
      name: "exponent 1",
      inputs: [{ shape: [2], values: [0, -3] }],
      call: (x) => pow(x, 1),
      expected: [[0, -3]],
      gradients: [[1, 1]],
    },
    {
      name: "exponent 0 at base 0",
      inputs: [{ shape: [2], values: [0, -3] }],
      call: (x) => pow(x, 0),
      expected: [[1, 1]],
      gradients: [[0, 0]],
    },
    {
      name: "squares at base 0",
      inputs: [{ shape: [2], values: [0, 1] }],
      call: (x) => pow(x, 2),
      expected: [[0, 1]],
      gradients: [[0, 2]],
    },
    {
      name: "tensor exponents at base 0",
      inputs: [
        { shape: [4], values: [0, 0, 0, 3] },
        { shape: [4], values: [2, 1, 0, 0] },
      ],
      call: (x, e) => pow(x, e),
      differentiable: [],
      expected: [[0, 0, 1, 1]],
      gradients: [
        [0, 1, 0, 0],
        [0, 0, 0, 1.0986122886681098],
      ],
    },
    {
      name: "a number as base",
      inputs: [{ shape: [3], domain: [-2, 2] }],
      call: (e) => pow(2, e),
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => pow(tensor([2], { dtype: "int32" }), 2),
      error: "DTypeError",
      message: [
        "[pow] dtypes do not fit",
        "  x: int32 [1]",
        "  exponent: int32 []",
        "  - x is int32, but pow takes float32 or float64",
        "  - exponent is int32, but pow takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "extents that differ",
      make: () => pow(zeros([2, 3]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[pow] shapes do not broadcast",
        "  x: float32 [2, 3]",
        "  exponent: float32 [2, 4]",
        "  - axis 1: 3 against 4",
        "  fix: make the extents equal; only an axis of size 1 is stretched",
      ],
    },
  ],
};
