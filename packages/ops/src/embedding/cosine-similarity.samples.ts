/** Samples of `cosineSimilarity`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { cosineSimilarity } from "./cosine-similarity.ts";

export const samples: OpSamples = {
  op: "cosineSimilarity",
  cases: [
    { name: "rows", inputs: [{ shape: [3, 4] }, { shape: [3, 4] }], call: (a, b) => cosineSimilarity(a, b) },
    {
      name: "channels of images",
      inputs: [{ shape: [2, 3, 2, 1] }, { shape: [2, 3, 2, 1] }],
      call: (a, b) => cosineSimilarity(a, b),
    },
    {
      name: "along, across, against, and the zero vector",
      inputs: [
        { shape: [4, 2], values: [1, 2, 1, 0, 3, 4, 0, 0] },
        { shape: [4, 2], values: [2, 4, 0, 5, -3, -4, 1, 1] },
      ],
      call: (a, b) => cosineSimilarity(a, b, { axis: -1 }),
      differentiable: [],
      expected: [[1, 0, -1, 0]],
    },
  ],
  errors: [
    {
      name: "vectors of other lengths",
      make: () => cosineSimilarity(zeros([4, 3]), zeros([4, 2])),
      error: "ShapeError",
      message: [
        "[cosineSimilarity] a and b must have one shape",
        "  a: float32 [4, 3]",
        "  b: float32 [4, 2]",
        "  - a has [4, 3], b has [4, 2]",
        "  fix: give b the shape [4, 3]",
      ],
    },
    {
      name: "an axis that is none",
      make: () => cosineSimilarity(zeros([4]), zeros([4])),
      error: "ShapeError",
      message: [
        "[cosineSimilarity] axis 1 is no axis of a tensor of rank 1",
        "  a: float32 [4]",
        "  b: float32 [4]",
        "  - the shape is [4]",
        "  fix: use an integer from -1 to 0",
      ],
    },
  ],
};
