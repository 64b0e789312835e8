/** Samples of `layerNorm`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { layerNorm } from "./layer-norm.ts";

export const samples: OpSamples = {
  op: "layerNorm",
  cases: [
    { name: "the last axis", inputs: [{ shape: [3, 4] }], call: (x) => layerNorm(x) },
    {
      name: "channels of images, with weight and bias",
      inputs: [{ shape: [2, 3, 2, 2] }, { shape: [3], domain: [0.5, 2] }, { shape: [3] }],
      call: (x, weight, bias) => layerNorm(x, { axis: 1, weight, bias }),
    },
    {
      name: "all axes but the batch",
      inputs: [{ shape: [2, 3, 2] }, { shape: [3, 2], domain: [0.5, 2] }],
      call: (x, weight) => layerNorm(x, { axis: [1, 2], weight, eps: 0.01 }),
    },
  ],
  errors: [
    {
      name: "a weight of other extents",
      make: () => layerNorm(zeros([2, 3, 4]), { axis: [1, 2], weight: zeros([4]) }),
      error: "ShapeError",
      message: [
        "[layerNorm] weight does not fit",
        "  x: float32 [2, 3, 4]",
        "  weight: float32 [4]",
        "  bias: float32 [3, 4]",
        "  - weight has the shape [4], the normalised axes = [3, 4] is needed",
        "  fix: give weight the shape [3, 4]",
      ],
    },
    {
      name: "no elements",
      make: () => layerNorm(zeros([2, 0])),
      error: "ShapeError",
      message: [
        "[layerNorm] there is nothing to normalise",
        "  x: float32 [2, 0]",
        "  - axes [1] have the extents [0]",
        "  fix: normalise axes with at least one element",
      ],
    },
  ],
};
