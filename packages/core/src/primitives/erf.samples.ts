/** Samples of `erf`. */

import type { OpSamples } from "../graph/samples.ts";
import { tensor } from "../tensor/create.ts";
import { erf } from "./erf.ts";

export const samples: OpSamples = {
  op: "erf",
  cases: [
    {
      name: "smooth",
      inputs: [{ shape: [2, 3], domain: [-2, 2] }],
      call: (x) => erf(x),
    },
    {
      name: "known values",
      inputs: [{ shape: [5], values: [-1.5, 0.5, 0, 0.001, -0.25] }],
      call: (x) => erf(x),
      expected: [[-0.9661051464753108, 0.5204998778130465, 0, 0.0011283787909692365, -0.2763263901682369]],
      gradients: [
        [0.11893028922362936, 0.8787825789354448, 1.1283791670955126, 1.1283780387169096, 1.0600141293761143],
      ],
    },
    {
      name: "at the hard points",
      inputs: [{ shape: [2], values: [-100, 100] }],
      call: (x) => erf(x),
      differentiable: [],
      expected: [[-1, 1]],
      gradients: [[0, 0]],
    },
    {
      name: "a scalar",
      inputs: [{ shape: [], domain: [-2, 2] }],
      call: (x) => erf(x),
    },
    {
      name: "no elements",
      inputs: [{ shape: [0, 3] }],
      call: (x) => erf(x),
      differentiable: [],
      expected: [[]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => erf(tensor([1, 2], { dtype: "int32" })),
      error: "DTypeError",
      message: [
        "[erf] dtypes do not fit",
        "  x: int32 [2]",
        "  - x is int32, but erf takes float32 or float64",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
