/** Samples of `hardTriplets`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { hardTriplets } from "./hard-triplets.ts";

export const samples: OpSamples = {
  op: "hardTriplets",
  cases: [
    {
      name: "on a line, with a class of one",
      inputs: [
        { shape: [6, 1], values: [0, 1, 3, 7, 8, 20] },
        { shape: [6], dtype: "int32", values: [5, 5, 5, 2, 2, 9] },
      ],
      call: (e, y) => {
        const { positive, negative, valid } = hardTriplets(e, y);
        return [positive, negative, valid];
      },
      differentiable: [],
      expected: [
        [2, 2, 0, 4, 3, 5],
        [3, 3, 3, 2, 2, 4],
        [1, 1, 1, 1, 1, 0],
      ],
    },
    {
      name: "one class only",
      inputs: [
        { shape: [2, 1], values: [0, 1] },
        { shape: [2], dtype: "int32", values: [0, 0] },
      ],
      call: (e, y) => {
        const { positive, negative, valid } = hardTriplets(e, y);
        return [positive, negative, valid];
      },
      differentiable: [],
      expected: [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
    },
  ],
  errors: [
    {
      name: "a label too few",
      make: () => hardTriplets(zeros([4, 3]), zeros([3], { dtype: "int32" })),
      error: "ShapeError",
      message: [
        "[hardTriplets] embeddings must be [N, D] and labels [N]",
        "  embeddings: float32 [N=4, D=3]",
        "  labels: int32 [N=3]",
        "  fix: give each embedding one label",
      ],
    },
  ],
};
