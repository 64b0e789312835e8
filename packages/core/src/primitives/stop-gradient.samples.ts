/** Samples of `stopGradient`. */

import { stopGradient } from "../autodiff/stop-gradient.ts";
import type { OpSamples } from "../graph/samples.ts";

export const samples: OpSamples = {
  op: "stopGradient",
  cases: [
    {
      name: "the value",
      inputs: [{ shape: [2], values: [1, 2] }],
      call: (x) => stopGradient(x),
      differentiable: [],
      expected: [[1, 2]],
    },
    {
      name: "half of a product",
      inputs: [{ shape: [2], values: [1, 2] }],
      call: (x) => x.mul(stopGradient(x)),
      differentiable: [],
      expected: [[1, 4]],
      gradients: [[1, 2]],
    },
  ],
};
